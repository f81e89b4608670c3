//! A client that sends the bytes it is told to.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// A connection.
pub(crate) struct Client {
    reader: BufReader<Box<dyn Duplex>>,
    tcp: TcpStream,
}

/// Bytes both ways.
pub(crate) trait Duplex: Read + Write + Send {}

impl<T: Read + Write + Send> Duplex for T {}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) trailers: Vec<(String, String)>,
}

impl Response {
    /// The values of all lines of that header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of that header, of which there is one line.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name}: {all:?}");
        all.first().copied()
    }
}

impl Client {
    pub(crate) fn connect(to: SocketAddr) -> Self {
        let tcp = tcp(to);
        Self::over(tcp.try_clone().unwrap(), tcp)
    }

    /// Speaks over a stream that was made of a TCP connection.
    pub(crate) fn over(stream: impl Duplex + 'static, tcp: TcpStream) -> Self {
        Self {
            reader: BufReader::new(Box::new(stream)),
            tcp,
        }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.tcp
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.reader.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a request without a body and reads the response.
    pub(crate) fn ask(&mut self, line: &str, headers: &str) -> Response {
        self.send(request(line, headers));
        self.response_to(line.split(' ').next().unwrap())
    }

    pub(crate) fn response(&mut self) -> Response {
        self.response_to("GET")
    }

    pub(crate) fn response_to(&mut self, method: &str) -> Response {
        let (status, headers) = self.head();
        let mut response = Response {
            status,
            headers,
            body: String::new(),
            trailers: Vec::new(),
        };
        let has_none = method == "HEAD" || matches!(status, 100..=199 | 204 | 304);
        if has_none {
            return response;
        }
        if let Some(length) = response.header("content-length") {
            let length = length.parse().unwrap();
            response.body = self.exactly(length);
        } else if response.header("transfer-encoding") == Some("chunked") {
            self.chunks(&mut response);
        } else {
            self.reader.read_to_string(&mut response.body).unwrap();
        }
        response
    }

    pub(crate) fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let line = self.line();
        let status = line
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("no status: {line:?}"));
        (status.parse().unwrap(), self.fields())
    }

    fn fields(&mut self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return fields;
            }
            let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
            fields.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn exactly(&mut self, length: usize) -> String {
        String::from_utf8(self.bytes(length)).unwrap()
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn chunks(&mut self, response: &mut Response) {
        loop {
            let length = usize::from_str_radix(&self.line(), 16).unwrap();
            if length == 0 {
                response.trailers = self.fields();
                return;
            }
            let chunk = self.exactly(length);
            response.body.push_str(&chunk);
            assert_eq!(self.line(), "");
        }
    }

    /// `None` at the end, which may come as an error.
    pub(crate) fn next_byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        match self.reader.read(&mut byte) {
            Ok(read) => (read > 0).then_some(byte[0]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Whether anything comes.
    pub(crate) fn is_answered(&mut self) -> bool {
        matches!(self.reader.read(&mut [0]), Ok(1..))
    }

    /// Whether the other side closes, and sends nothing more before it does.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.reader.read(&mut byte) {
            Ok(read) => read == 0,
            Err(error) => matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
            ),
        }
    }
}

/// A TCP connection on which nothing lasts for ever.
pub(crate) fn tcp(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// The bytes of a request without a body, for host `a.example`.
pub(crate) fn request(line: &str, headers: &str) -> String {
    let headers = headers.replace('\n', "\r\n");
    let gap = if headers.is_empty() { "" } else { "\r\n" };
    format!("{line} HTTP/1.1\r\nhost: a.example\r\n{headers}{gap}\r\n")
}

/// One request on a connection of its own.
pub(crate) fn get(to: SocketAddr, path: &str) -> Response {
    Client::connect(to).ask(&format!("GET {path}"), "")
}

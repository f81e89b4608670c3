//! Backends that answer with the bytes they are told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::PATIENCE;

/// A backend on loopback: a thread for each connection.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    connections: AtomicUsize,
    requests: Mutex<Vec<Request>>,
    streams: Mutex<Vec<TcpStream>>,
    over: AtomicBool,
}

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// `GET /path HTTP/1.1`.
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) trailers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name}: {all:?}");
        all.first().copied()
    }

    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap()
    }
}

/// One connection of a backend.
pub(crate) struct Connection {
    pub(crate) reader: BufReader<TcpStream>,
}

impl Backend {
    /// Answers each request with the bytes that a function makes of it; the connection stays open.
    pub(crate) fn answering(answer: impl Fn(&Request) -> String + Send + Sync + 'static) -> Self {
        Self::serving(move |connection, shared| {
            while let Some(request) = connection.request() {
                let bytes = answer(&request);
                shared.requests.lock().unwrap().push(request);
                if connection.send(&bytes).is_err() {
                    break;
                }
            }
        })
    }

    /// Answers each request with 200 and the name.
    pub(crate) fn named(name: &'static str) -> Self {
        Self::answering(move |_| ok(name))
    }

    /// Does with each connection what it is told to.
    pub(crate) fn scripted(script: impl Fn(&mut Connection) + Send + Sync + 'static) -> Self {
        Self::serving(move |connection, _| script(connection))
    }

    fn serving(serve: impl Fn(&mut Connection, &Shared) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let (accepted, serve) = (shared.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepted.over.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_nodelay(true).unwrap();
                accepted.connections.fetch_add(1, Ordering::SeqCst);
                accepted
                    .streams
                    .lock()
                    .unwrap()
                    .push(stream.try_clone().unwrap());
                let (shared, serve) = (accepted.clone(), serve.clone());
                std::thread::spawn(move || {
                    let mut connection = Connection {
                        reader: BufReader::new(stream),
                    };
                    serve(&mut connection, &shared);
                    let _ = connection.reader.get_ref().shutdown(Shutdown::Both);
                });
            }
        });
        Self { address, shared }
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// All requests that have been answered.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The only one.
    pub(crate) fn request(&self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests.remove(0)
    }

    /// Closes all connections there are.
    pub(crate) fn close_connections(&self) {
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// An address where nobody listens.
    pub(crate) fn nowhere() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        self.close_connections();
    }
}

impl Connection {
    /// The next request; `None` if the connection is over.
    pub(crate) fn request(&mut self) -> Option<Request> {
        let mut request = self.request_head()?;
        if let Some(length) = request.header("content-length") {
            let mut body = vec![0; length.parse().unwrap()];
            self.reader.read_exact(&mut body).ok()?;
            request.body = String::from_utf8(body).unwrap();
        } else if request.header("transfer-encoding").is_some() {
            self.chunks(&mut request)?;
        }
        Some(request)
    }

    pub(crate) fn request_head(&mut self) -> Option<Request> {
        let line = self.line().filter(|line| !line.is_empty())?;
        Some(Request {
            line,
            headers: self.fields()?,
            ..Request::default()
        })
    }

    fn fields(&mut self) -> Option<Vec<(String, String)>> {
        let mut fields = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Some(fields);
            }
            let (name, value) = line.split_once(": ").unwrap();
            fields.push((name.to_owned(), value.to_owned()));
        }
    }

    fn chunks(&mut self, request: &mut Request) -> Option<()> {
        loop {
            let length = usize::from_str_radix(&self.line()?, 16).ok()?;
            if length == 0 {
                request.trailers = self.fields()?;
                return Some(());
            }
            let mut chunk = vec![0; length];
            self.reader.read_exact(&mut chunk).ok()?;
            request.body.push_str(std::str::from_utf8(&chunk).unwrap());
            self.line()?;
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(1..) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
            _ => None,
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes.as_ref())
    }

    /// Whether the other side closes without sending anything more.
    pub(crate) fn is_closed(&mut self) -> bool {
        !matches!(self.reader.read(&mut [0]), Ok(1..))
    }
}

/// A response with a body.
pub(crate) fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

//! The chunked coding, undone (RFC 9112 7.1).

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::Frame;
use httparse::{EMPTY_HEADER, Status};

use super::framing::{Step, take};
use super::head::{MOST_FIELDS, malformed, pair};
use crate::error::{Error, ErrorKind};

/// How long the extensions of all chunks of a body may be, in bytes, and how long its trailers.
const MOST_BESIDE: usize = 16 * 1024;

/// What a body ends with that has no trailers, from the end of its last chunk on.
const PLAIN_END: &[u8] = b"\r\n0\r\n\r\n";

/// Chunks of a body as far as they have been read.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    at: At,
    /// Bytes of extensions so far.
    beside: usize,
}

#[derive(Debug, Default)]
enum At {
    #[default]
    Size,
    /// So much of a chunk is left.
    Data(u64),
    EndOfData,
    Trailers,
    End,
}

impl Chunks {
    pub(super) fn is_over(&self) -> bool {
        matches!(self.at, At::End)
    }

    pub(super) fn next(&mut self, read: &mut Bytes) -> Result<Step, Error> {
        loop {
            match &mut self.at {
                At::End => return Ok(Step::End),
                _ if read.is_empty() => return Ok(Step::More),
                At::Size => match self.size(read)? {
                    None => return Ok(Step::More),
                    Some(0) => self.at = At::Trailers,
                    Some(size) => self.at = At::Data(size),
                },
                At::Data(left) => {
                    let data = take(read, left);
                    if *left == 0 {
                        self.end_data(read);
                    }
                    return Ok(Step::Frame(Frame::data(data)));
                }
                At::EndOfData => match read.as_ref() {
                    [b'\r'] => return Ok(Step::More),
                    [b'\r', b'\n', ..] => {
                        read.advance(2);
                        self.at = At::Size;
                    }
                    _ => return Err(malformed("chunk longer than its size")),
                },
                At::Trailers => return self.trailers(read),
            }
        }
    }

    /// Looks whether that was all: who gets the last frame wants to know that it is the last.
    fn end_data(&mut self, read: &mut Bytes) {
        self.at = At::EndOfData;
        if read.starts_with(PLAIN_END) {
            read.advance(PLAIN_END.len());
            self.at = At::End;
        }
    }

    /// The size of the next chunk; `None` if its line is not whole. The parser takes an empty size
    /// for none, and a line end of one byte for a part of an extension.
    fn size(&mut self, read: &mut Bytes) -> Result<Option<u64>, Error> {
        let digits = read.iter().take_while(|byte| byte.is_ascii_hexdigit());
        let digits = digits.count();
        let parsed = httparse::parse_chunk_size(read);
        let parsed = parsed.map_err(|_| malformed("invalid chunk size"))?;
        let (line, size) = match parsed {
            Status::Complete((len, size)) => (&read[..len - 2], Some((len, size))),
            Status::Partial => (&read[..], None),
        };
        if digits == 0 || memchr::memchr(b'\n', line).is_some() {
            return Err(malformed("invalid chunk size"));
        }
        // Blanks behind the size, as some backends have them, count for their own line only.
        let extension = memchr::memchr(b';', line).map_or(0, |at| line.len() - at);
        let beside = self.beside + extension;
        if beside > MOST_BESIDE || line.len() - digits.min(line.len()) > MOST_BESIDE {
            return Err(malformed("chunk extensions too long"));
        }
        Ok(size.map(|(len, size)| {
            self.beside = beside;
            read.advance(len);
            size
        }))
    }

    fn trailers(&mut self, read: &mut Bytes) -> Result<Step, Error> {
        let mut fields = [EMPTY_HEADER; MOST_FIELDS];
        let parsed = httparse::parse_headers(read, &mut fields);
        let parsed = parsed.map_err(|error| Error::because(ErrorKind::Protocol, &error))?;
        let (len, fields) = match parsed {
            Status::Complete((len, fields)) if len <= MOST_BESIDE => (len, fields),
            Status::Partial if read.len() <= MOST_BESIDE => return Ok(Step::More),
            _ => return Err(malformed("trailers too long")),
        };
        if has_bare_line_end(&read[..len]) {
            return Err(malformed("invalid line end"));
        }
        let trailers: Result<HeaderMap, Error> =
            fields.iter().map(|field| pair(field, read)).collect();
        let trailers = trailers?;
        read.advance(len);
        self.at = At::End;
        if trailers.is_empty() {
            return Ok(Step::End);
        }
        Ok(Step::Frame(Frame::trailers(trailers)))
    }
}

/// The parser takes a line feed alone for the end of a line.
fn has_bare_line_end(lines: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', lines).any(|at| at == 0 || lines[at - 1] != b'\r')
}

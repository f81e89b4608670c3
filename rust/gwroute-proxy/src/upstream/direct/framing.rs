//! Where the body of a response ends (RFC 9112 6.3).

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode, Version};
use http_body::{Frame, SizeHint};

use super::chunks::Chunks;
use super::head::malformed;
use crate::error::Error;
use crate::hops::has_token;

/// What is left of a body, and how its end is known.
#[derive(Debug)]
pub(super) enum Framing {
    /// By the number of bytes that are left.
    Length(u64),
    /// It comes in chunks.
    Chunks(Chunks),
    /// By the end of the connection.
    Close,
}

/// What comes next of a body.
#[derive(Debug)]
pub(super) enum Step {
    Frame(Frame<Bytes>),
    /// More has to be read first.
    More,
    End,
}

impl Framing {
    /// What comes next, taken from what was read.
    pub(super) fn next(&mut self, read: &mut Bytes) -> Result<Step, Error> {
        match self {
            Self::Length(0) => Ok(Step::End),
            Self::Chunks(chunks) => chunks.next(read),
            _ if read.is_empty() => Ok(Step::More),
            Self::Length(left) => Ok(Step::Frame(Frame::data(take(read, left)))),
            Self::Close => Ok(Step::Frame(Frame::data(std::mem::take(read)))),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunks(chunks) => chunks.is_over(),
            Self::Close => false,
        }
    }

    /// The connection is at its end; returns whether that of the body may be there.
    pub(super) fn close(&mut self) -> bool {
        let may = matches!(self, Self::Close);
        if may {
            *self = Self::Length(0);
        }
        may
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Length(left) => SizeHint::with_exact(*left),
            Self::Chunks(_) | Self::Close => SizeHint::default(),
        }
    }
}

/// Holds a response that the HTTP library has read to the same rules, and mends its head; returns
/// whether another request may follow.
///
/// # Errors
/// [`ErrorKind::Protocol`](crate::error::ErrorKind::Protocol) for one that ends in no way or two.
pub(crate) fn check<B>(response: &mut Response<B>, is_head: bool) -> Result<bool, Error> {
    let mut signs = Signs::new(response.version(), response.status(), is_head);
    for (name, value) in response.headers() {
        signs.look_at(name, value);
    }
    let framing = signs.framing()?;
    signs.mend(response.headers_mut());
    Ok(signs.keeps(&framing))
}

/// As much as there is of what is left.
pub(super) fn take(read: &mut Bytes, left: &mut u64) -> Bytes {
    let len = usize::try_from(*left).map_or(read.len(), |left| left.min(read.len()));
    *left -= len as u64;
    read.split_to(len)
}

/// What the head of a response says about its body and its connection.
#[derive(Debug)]
pub(super) struct Signs {
    version: Version,
    status: StatusCode,
    is_head: bool,
    length: Length,
    coding: Coding,
    /// What `Connection` says.
    closes: bool,
    stays: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    None,
    Of(u64),
    /// The same, several times.
    Repeated(u64),
    Invalid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    None,
    Chunked,
    Other,
}

impl Signs {
    pub(super) fn new(version: Version, status: StatusCode, is_head: bool) -> Self {
        Self {
            version,
            status,
            is_head,
            length: Length::None,
            coding: Coding::None,
            closes: false,
            stays: false,
        }
    }

    pub(super) fn look_at(&mut self, name: &HeaderName, value: &HeaderValue) {
        match *name {
            header::CONTENT_LENGTH => {
                let values = value.as_bytes().split(|byte| *byte == b',');
                self.length = values.fold(self.length, Length::and);
            }
            header::TRANSFER_ENCODING => self.coding = self.coding.and(value.as_bytes()),
            header::CONNECTION => {
                self.closes |= has_token(value, b"close");
                // A value that is no text keeps nothing, and may well close.
                self.stays |= value.to_str().is_ok() && has_token(value, b"keep-alive");
            }
            _ => {}
        }
    }

    /// A coding other than `chunked` was not asked for and could not be passed on, for it ends
    /// here; a response with one is refused, and so is one that gives two lengths.
    pub(super) fn framing(&self) -> Result<Framing, Error> {
        if self.is_head || matches!(self.status.as_u16(), 101 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        match (self.coding, self.length) {
            (Coding::Other, _) => Err(malformed("transfer coding other than chunked")),
            (Coding::Chunked, _) if self.version < Version::HTTP_11 => {
                Err(malformed("transfer coding in HTTP/1.0"))
            }
            (Coding::Chunked, _) => Ok(Framing::Chunks(Chunks::default())),
            (Coding::None, Length::Invalid) => Err(malformed("invalid content-length")),
            (Coding::None, Length::Of(len) | Length::Repeated(len)) => Ok(Framing::Length(len)),
            (Coding::None, Length::None) => Ok(Framing::Close),
        }
    }

    /// Whether another request may follow behind this response. Who gives a length besides a
    /// coding, or one of a body that there cannot be, may have two minds about where it ends, and
    /// gets none.
    pub(super) fn keeps(&self, framing: &Framing) -> bool {
        let coded = self.coding != Coding::None;
        let two_minds = match self.status {
            StatusCode::NO_CONTENT => coded || !self.length.is_none_or_zero(),
            _ => coded && self.length != Length::None,
        };
        let stays = !self.closes && (self.stays || self.version >= Version::HTTP_11);
        let switches = self.status == StatusCode::SWITCHING_PROTOCOLS;
        stays && !two_minds && !switches && !matches!(framing, Framing::Close)
    }

    /// What goes on to the client gives one length, and none that does not count (RFC 9112 6.3).
    pub(super) fn mend(&self, headers: &mut HeaderMap) {
        match (self.coding, self.length) {
            (_, Length::None) | (Coding::None, Length::Of(_)) => {}
            (Coding::None, Length::Repeated(len)) => {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(len));
            }
            (Coding::None, Length::Invalid) | (Coding::Chunked | Coding::Other, _) => {
                headers.remove(header::CONTENT_LENGTH);
            }
        }
    }
}

impl Length {
    fn is_none_or_zero(self) -> bool {
        matches!(self, Self::None | Self::Of(0) | Self::Repeated(0))
    }

    fn and(self, value: &[u8]) -> Self {
        match (self, number(value.trim_ascii())) {
            (Self::None, Some(len)) => Self::Of(len),
            (Self::Of(before) | Self::Repeated(before), Some(len)) if before == len => {
                Self::Repeated(len)
            }
            _ => Self::Invalid,
        }
    }
}

impl Coding {
    fn and(self, value: &[u8]) -> Self {
        match self {
            Self::None if value.trim_ascii().eq_ignore_ascii_case(b"chunked") => Self::Chunked,
            _ => Self::Other,
        }
    }
}

/// Digits and nothing else, not even a sign.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

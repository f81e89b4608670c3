//! What one reader or the other makes of a response.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Version};
use http_body::{Body, Frame};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::super::wire::Wire;
use super::super::{Ask, head, poll_frame};
use super::pieces::Pieces;
use crate::body::RequestBody;
use crate::error::ErrorKind;

/// Turns after which nothing more is going to happen.
const TURNS: usize = 3000;

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There was no response.
    None(ErrorKind),
    /// Nothing more came, and no end.
    Waits,
    Response(Box<Read>),
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) status: u16,
    pub(super) version: Version,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) data: Vec<u8>,
    pub(super) trailers: Vec<(String, Vec<u8>)>,
    pub(super) ends: Ends,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Whole {
        /// Whether another request may follow.
        reusable: bool,
    },
    Broken,
    Waits,
}

impl Read {
    fn begin(response: &Response<()>) -> Self {
        Self {
            status: response.status().as_u16(),
            version: response.version(),
            headers: lines(response.headers()),
            data: Vec::new(),
            trailers: Vec::new(),
            ends: Ends::Waits,
        }
    }

    /// Returns how the body ended, if it did.
    fn add<E>(&mut self, frame: Option<Result<Frame<Bytes>, E>>) -> Option<Ends> {
        match frame {
            Some(Ok(frame)) => {
                match frame.into_data() {
                    Ok(data) => self.data.extend_from_slice(&data),
                    Err(frame) => self.trailers = lines(&frame.into_trailers().unwrap()),
                }
                None
            }
            Some(Err(_)) => Some(Ends::Broken),
            None => Some(Ends::Whole { reusable: false }),
        }
    }
}

fn lines(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let mut lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    lines.sort();
    lines
}

fn request(method: &Method) -> Request<RequestBody> {
    let request = Request::builder().method(method).uri("/a?b");
    let request = request.header("host", "a").header("x-b", "c");
    request.body(RequestBody::Empty).unwrap()
}

fn turns<T>(mut turn: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
    let mut cx = Context::from_waker(Waker::noop());
    (0..TURNS).find_map(|_| match turn(&mut cx) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

/// Read as this module reads.
pub(super) fn directly(method: &Method, pieces: Pieces) -> Outcome {
    let mut wire = Wire::new(pieces);
    let mut request = request(method);
    head::write(&request, wire.out());
    let mut ask = Ask::new(*method == Method::HEAD, request.headers_mut());
    let mut answer = match turns(|cx| ask.poll(&mut wire, cx)) {
        None => return Outcome::Waits,
        Some(Err(error)) => return Outcome::None(error.kind),
        Some(Ok(answer)) => answer,
    };
    *answer.response.headers_mut() = std::mem::take(request.headers_mut());
    let mut read = Read::begin(&answer.response);
    let framing = &mut answer.framing;
    while let Some(frame) = turns(|cx| poll_frame(framing, &mut wire, cx)) {
        if let Some(ends) = read.add(frame) {
            read.ends = ends;
            break;
        }
    }
    if let Ends::Whole { reusable } = &mut read.ends {
        let disturbed = turns(|cx| match wire.is_disturbed(cx) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        *reusable = answer.keeps && disturbed.is_none();
    }
    Outcome::Response(Box::new(read))
}

/// Read as the HTTP library's client reads.
pub(super) fn by_library(method: &Method, pieces: Pieces) -> Outcome {
    let mut handshake = pin!(http1::handshake(TokioIo::new(pieces)));
    let shaken = turns(|cx| handshake.as_mut().poll(cx)).unwrap();
    let (mut sender, connection) = shaken.unwrap();
    let mut connection = pin!(connection);
    let mut over = false;
    let mut drive = |cx: &mut Context<'_>| {
        over = over || connection.as_mut().poll(cx).is_ready();
    };
    let mut response = pin!(sender.send_request(request(method)));
    let response = turns(|cx| {
        drive(cx);
        response.as_mut().poll(cx)
    });
    let (parts, body) = match response {
        None => return Outcome::Waits,
        Some(Err(error)) if error.is_parse() => return Outcome::None(ErrorKind::Protocol),
        Some(Err(_)) => return Outcome::None(ErrorKind::Reset),
        Some(Ok(response)) => response.into_parts(),
    };
    let mut read = Read::begin(&Response::from_parts(parts, ()));
    let mut body = pin!(body);
    while let Some(frame) = turns(|cx| {
        drive(cx);
        body.as_mut().poll_frame(cx)
    }) {
        if let Some(ends) = read.add(frame) {
            read.ends = ends;
            break;
        }
    }
    let _ = turns(|cx| {
        drive(cx);
        Poll::<()>::Pending
    });
    if let Ends::Whole { reusable } = &mut read.ends {
        *reusable = sender.is_ready();
    }
    Outcome::Response(Box::new(read))
}

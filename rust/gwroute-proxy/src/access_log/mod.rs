//! The access log: one line for each request that ended, whatever the way.
//!
//! The worker renders the line and hands it to a thread that writes; it never waits. If the
//! reader of the log is slower than the requests, lines are dropped and counted.

mod json;
mod text;
mod writer;

use std::fs::OpenOptions;
use std::io::{self, Write};

use gwroute_core::ir;

use crate::config::{self, AccessLogFormat};
use crate::telemetry::{Outcome, Record};
use writer::Writer;

/// So many bytes most lines have.
const USUAL_LENGTH: usize = 1024;

/// A log that is being written.
#[derive(Debug)]
pub(crate) struct AccessLog {
    render: fn(&Record, &mut Vec<u8>),
    writer: Writer,
}

impl AccessLog {
    /// Opens the log and starts its thread; `None` if it is off.
    ///
    /// # Errors
    /// The file cannot be opened, or no thread started; the message names the file.
    pub(crate) fn open(config: &config::AccessLog) -> io::Result<Option<Self>> {
        let render = match config.format {
            AccessLogFormat::Off => return Ok(None),
            AccessLogFormat::Json => json::render,
            AccessLogFormat::Text => text::render,
        };
        let sink: Box<dyn Write + Send> = match &config.path {
            None => Box::new(io::stdout()),
            Some(path) => {
                let file = OpenOptions::new().append(true).create(true).open(path);
                let named = |error: io::Error| {
                    io::Error::new(error.kind(), format!("access log {path}: {error}"))
                };
                Box::new(file.map_err(named)?)
            }
        };
        let writer = Writer::start(sink)?;
        Ok(Some(Self { render, writer }))
    }

    /// Logs one request; drops the line if the buffer is full.
    pub(crate) fn write(&self, record: &Record) {
        let mut line = Vec::with_capacity(USUAL_LENGTH);
        (self.render)(record, &mut line);
        line.push(b'\n');
        self.writer.push(line);
    }

    /// Waits, not for long, until what was logged before is written.
    pub(crate) fn flush(&self) {
        self.writer.flush();
    }

    /// Lines that were not written since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.writer.dropped()
    }
}

/// `httproute/shop/cart/rule/1/match/0`.
fn push_route_name(route: &ir::RouteRef, match_index: Option<usize>, line: &mut Vec<u8>) {
    let start = line.len();
    line.extend_from_slice(route.kind.as_bytes());
    line[start..].make_ascii_lowercase();
    for part in [&route.namespace, &route.name] {
        line.push(b'/');
        line.extend_from_slice(part.as_bytes());
    }
    line.extend_from_slice(b"/rule/");
    push_number(route.rule.into(), line);
    if let Some(index) = match_index {
        line.extend_from_slice(b"/match/");
        push_number(index as u64, line);
    }
}

fn push_number(number: u64, line: &mut Vec<u8>) {
    line.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// `protocol`, as Envoy spells it; `None` if it never came to that.
fn protocol(record: &Record) -> Option<&'static str> {
    match record.version {
        _ if matches!(record.outcome, Outcome::Handshake(_)) => None,
        http::Version::HTTP_10 => Some("HTTP/1.0"),
        http::Version::HTTP_2 => Some("HTTP/2"),
        _ => Some("HTTP/1.1"),
    }
}

#[cfg(test)]
pub(crate) mod tests;

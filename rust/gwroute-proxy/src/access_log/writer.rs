//! The thread that writes, and the buffer before it.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

/// Lines that wait at most.
const LINES: usize = 16 * 1024;

/// Bytes that wait at most; a client chooses how long its lines are.
const BYTES: usize = 16 * 1024 * 1024;

/// What is written at once.
const BATCH: usize = 64 * 1024;

/// Between two batches. A worker that sends while the thread pauses need not wake it, which
/// would cost more than rendering the line.
const PAUSE: Duration = Duration::from_millis(2);

/// How long a stopping log waits for a reader that does not read.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hands lines to a thread of its own. What waits is written when it is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    /// Some until it is dropped.
    items: Option<Sender<Item>>,
    counts: Arc<Counts>,
    /// Closed when the thread ends.
    ended: Receiver<()>,
}

/// What the thread is handed.
#[derive(Debug)]
enum Item {
    Line(Vec<u8>),
    /// Closed once all that came before is written.
    Mark(Sender<()>),
}

#[derive(Debug, Default)]
struct Counts {
    /// Bytes that wait.
    waiting: AtomicUsize,
    /// Lines that were not written.
    dropped: AtomicU64,
}

impl Writer {
    pub(super) fn start(sink: Box<dyn Write + Send>) -> io::Result<Self> {
        let (items, waiting) = bounded(LINES);
        let (end, ended) = bounded(0);
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        thread::Builder::new()
            .name("gwroute-log".to_owned())
            .spawn(move || {
                write(&waiting, sink, &shared);
                drop(end);
            })?;
        Ok(Self {
            items: Some(items),
            counts,
            ended,
        })
    }

    /// Never waits: what finds no room is dropped and counted.
    pub(super) fn push(&self, line: Vec<u8>) {
        let length = line.len();
        let before = self.counts.waiting.fetch_add(length, Relaxed);
        let items = self.items.as_ref().filter(|_| before < BYTES);
        if items.is_none_or(|items| items.try_send(Item::Line(line)).is_err()) {
            self.counts.waiting.fetch_sub(length, Relaxed);
            self.counts.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Waits, not for long, until what was pushed before is written.
    pub(super) fn flush(&self) {
        let (mark, written) = bounded(0);
        if let Some(items) = &self.items
            && items.send_timeout(Item::Mark(mark), PATIENCE).is_ok()
        {
            // Nothing is ever sent; it is closed, or the patience ends.
            let _ = written.recv_timeout(PATIENCE);
        }
    }

    pub(super) fn dropped(&self) -> u64 {
        self.counts.dropped.load(Relaxed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.items.take());
        // Nothing is ever sent; it ends with the thread or after the patience.
        let _ = self.ended.recv_timeout(PATIENCE);
    }
}

fn write(items: &Receiver<Item>, mut sink: Box<dyn Write + Send>, counts: &Counts) {
    let mut batch = Batch::default();
    while let Ok(item) = items.recv() {
        batch.add(item);
        loop {
            while batch.bytes.len() < BATCH
                && let Ok(item) = items.try_recv()
            {
                batch.add(item);
            }
            if batch.is_empty() {
                break;
            }
            batch.write(&mut sink, counts);
            if items.is_empty() {
                thread::sleep(PAUSE);
            }
        }
    }
}

/// What is written at once.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    lines: u64,
    marks: Vec<Sender<()>>,
}

impl Batch {
    fn add(&mut self, item: Item) {
        match item {
            Item::Line(line) => {
                self.bytes.extend_from_slice(&line);
                self.lines += 1;
            }
            Item::Mark(mark) => self.marks.push(mark),
        }
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.marks.is_empty()
    }

    fn write(&mut self, sink: &mut dyn Write, counts: &Counts) {
        if sink
            .write_all(&self.bytes)
            .and_then(|()| sink.flush())
            .is_err()
        {
            counts.dropped.fetch_add(self.lines, Relaxed);
        }
        counts.waiting.fetch_sub(self.bytes.len(), Relaxed);
        self.bytes.clear();
        self.lines = 0;
        self.marks.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Takes one write, then waits until it may go on.
    struct Stuck {
        written: Sender<Vec<u8>>,
        go_on: Receiver<()>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.written.send(bytes.to_vec()).unwrap();
            let _ = self.go_on.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn stuck() -> (Writer, Receiver<Vec<u8>>, Sender<()>) {
        let (written, seen) = crossbeam_channel::unbounded();
        let (let_go, go_on) = bounded(0);
        let writer = Writer::start(Box::new(Stuck { written, go_on })).unwrap();
        (writer, seen, let_go)
    }

    #[test]
    fn a_full_buffer_drops_and_counts_and_the_rest_is_written_in_order() {
        let (writer, seen, let_go) = stuck();
        writer.push(b"0\n".to_vec());
        assert_eq!(seen.recv().unwrap(), b"0\n");
        for number in 1..=LINES + 10 {
            writer.push(format!("{number}\n").into_bytes());
        }
        assert_eq!(writer.dropped(), 10);
        drop(let_go);
        drop(writer);
        let written: Vec<u8> = seen.into_iter().flatten().collect();
        let expected: String = (1..=LINES).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn long_lines_fill_it_by_their_bytes() {
        let (writer, seen, let_go) = stuck();
        writer.push(b"0\n".to_vec());
        seen.recv().unwrap();
        for _ in 0..18 {
            writer.push(vec![b'x'; 1024 * 1024]);
        }
        assert_eq!(writer.dropped(), 2);
        drop(let_go);
    }

    #[test]
    fn flushing_waits_until_all_before_it_is_written() {
        let (writer, seen, let_go) = stuck();
        drop(let_go);
        for number in 0..1000 {
            writer.push(format!("{number}\n").into_bytes());
        }
        writer.flush();
        let written: Vec<u8> = seen.try_iter().flatten().collect();
        assert!(written.ends_with(b"\n999\n"));
    }

    #[test]
    fn a_log_that_cannot_be_written_counts_its_lines_as_dropped() {
        let writer = Writer::start(Box::new(Broken)).unwrap();
        for _ in 0..3 {
            writer.push(b"x\n".to_vec());
        }
        let counts = Arc::clone(&writer.counts);
        drop(writer);
        assert_eq!(counts.dropped.load(Relaxed), 3);
        assert_eq!(counts.waiting.load(Relaxed), 0);
    }
}

//! Many texts at once, on as many threads as help.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Part;
use crate::document::{Mode, Reader};
use crate::split::{Chunk, split};

/// Bytes of text that make a thread worth while.
const WORTH_A_THREAD: usize = 256 << 10;

/// Threads at most: what comes after reading is not parallel.
const THREADS: usize = 4;

/// Reads texts. The parts come in the order of the texts, and of what stands in them.
pub fn read(texts: &[&str]) -> Vec<Part> {
    let tasks = tasks(texts);
    let size: usize = texts.iter().map(|text| text.len()).sum();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(THREADS).min(size / WORTH_A_THREAD).max(1);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(tasks.len()));
    let work = || {
        while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let part = task.read(texts[task.source]);
            let order = (task.source, task.chunks[0].range.start);
            done.lock()
                .unwrap_or_else(|held| held.into_inner())
                .push((order, part));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(|held| held.into_inner());
    done.sort_unstable_by_key(|(order, _)| *order);
    done.into_iter().map(|(_, part)| part).collect()
}

/// Neighbouring stretches of one text.
struct Task {
    source: usize,
    chunks: Vec<Chunk>,
}

fn tasks(texts: &[&str]) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    for (source, text) in texts.iter().enumerate() {
        for chunk in split(text) {
            match tasks.last_mut() {
                Some(task) if task.source == source && task.size() < WORTH_A_THREAD => {
                    task.chunks.push(chunk);
                }
                _ => tasks.push(Task {
                    source,
                    chunks: vec![chunk],
                }),
            }
        }
    }
    tasks
}

impl Task {
    fn size(&self) -> usize {
        let first = self.chunks.first().map_or(0, |chunk| chunk.range.start);
        self.chunks.last().map_or(0, |chunk| chunk.range.end) - first
    }

    fn read(&self, text: &str) -> Part {
        let mut part = Part::new(self.source);
        for chunk in &self.chunks {
            let mut reader = Reader::new(&text[chunk.range.clone()], Mode::Objects);
            reader.read();
            part.take(reader, chunk);
        }
        part
    }
}

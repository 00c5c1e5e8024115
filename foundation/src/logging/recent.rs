//! The last lines of the log, in memory, as JSON: what a program can show of itself without reading what others keep.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Deserialize;
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, fmt};

/// So much is kept; the oldest lines go first.
const MAX_BYTES: usize = 512 << 10;
/// A line that is longer is not kept.
const MAX_LINE_BYTES: usize = 8 << 10;

static KEPT: Mutex<Kept> = Mutex::new(Kept {
    lines: VecDeque::new(),
    bytes: 0,
    keeps: false,
});

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    /// Which part of the program has written it, or `security`.
    pub target: String,
    /// JSON, without the end of the line.
    pub text: String,
}

#[derive(Debug)]
struct Kept {
    lines: VecDeque<String>,
    bytes: usize,
    keeps: bool,
}

/// The last lines, the oldest first; `None` where the program keeps none.
pub fn recent() -> Option<Vec<Line>> {
    let lines = {
        let kept = kept();
        kept.keeps.then(|| kept.lines.clone())?
    };
    Some(lines.into_iter().filter_map(read).collect())
}

/// Keeps what is written.
pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    kept().keeps = true;
    fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(Memory)
}

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(text: String) -> Option<Line> {
    #[derive(Deserialize)]
    struct Known {
        timestamp: Timestamp,
        target: String,
    }
    let known: Known = serde_json::from_str(&text).ok()?;
    Some(Line {
        at: known.timestamp,
        target: known.target,
        text,
    })
}

impl Kept {
    fn push(&mut self, line: String) {
        if line.is_empty() || line.len() > MAX_LINE_BYTES {
            return;
        }
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.bytes > MAX_BYTES
            && let Some(oldest) = self.lines.pop_front()
        {
            self.bytes -= oldest.len();
        }
    }
}

struct Memory;

/// One line, written piece by piece.
struct Writing(Vec<u8>);

impl<'a> MakeWriter<'a> for Memory {
    type Writer = Writing;

    fn make_writer(&'a self) -> Writing {
        Writing(Vec::new())
    }
}

impl io::Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.0).trim_end().to_owned();
        kept().push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_first_and_none_is_endless() {
        let mut kept = Kept {
            lines: VecDeque::new(),
            bytes: 0,
            keeps: true,
        };
        kept.push("x".repeat(MAX_LINE_BYTES + 1));
        assert!(kept.lines.is_empty());
        for n in 0..1_000 {
            kept.push(format!("{n:04}{}", "x".repeat(1_020)));
        }
        assert_eq!(kept.bytes, MAX_BYTES);
        assert_eq!(kept.lines.len(), 512);
        assert!(kept.lines[0].starts_with("0488"), "{}", &kept.lines[0][..4]);
    }

    #[test]
    fn a_line_is_kept_whole_with_its_time_and_its_part() {
        use tracing_subscriber::layer::SubscriberExt;
        let subscriber = tracing_subscriber::registry().with(layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "security", outlet = 3, "somebody \"knocks\"");
        });
        let lines = recent().unwrap();
        let line = lines.iter().find(|line| line.target == "security").unwrap();
        assert!(line.text.contains("\"outlet\":3"), "{}", line.text);
        assert!(line.text.contains("knocks"), "{}", line.text);
        assert!(!line.text.contains('\n'));
    }
}

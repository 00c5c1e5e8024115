//! The program's own log lines, as part of the story.

use std::io;

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::history::{Fact, History};

struct Notes(History);

struct Note(History);

impl<'a> MakeWriter<'a> for Notes {
    type Writer = Note;

    fn make_writer(&'a self) -> Note {
        Note(self.0.clone())
    }
}

impl io::Write for Note {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        self.0.note(Fact::Logged(text));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// While this is held, this thread's log goes into the story.
pub(crate) fn into(history: &History) -> DefaultGuard {
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(Notes(history.clone()))
        .finish();
    tracing::subscriber::set_default(subscriber)
}

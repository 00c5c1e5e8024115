//! One connection to a bus: asks one question after another and is patient with those who answer late.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::frame::{Answer, Envelope, Question, take, transaction};
use crate::modbus::plan::Span;
use crate::wire::Wire;

/// More than the longest answer; beyond it, what came is noise.
const MOST_BYTES: usize = 1024;
/// Silence that ends whatever is still on its way.
const QUIET: Duration = Duration::from_millis(20);
const LONGEST_DRAIN: Duration = Duration::from_secs(2);

/// What a question led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answer(Answer),
    Silence,
    /// Something came that is no answer in this envelope, at this speed.
    Noise,
}

pub(crate) struct Caller {
    stream: Box<dyn Wire>,
    envelope: Envelope,
    turn: u16,
    came: Vec<u8>,
    /// Units whose answers came after nobody waited for them any more.
    pub(crate) late: BTreeSet<u8>,
    /// Silence between an answer and the next question.
    pause: Duration,
}

impl Caller {
    pub(crate) fn new(stream: Box<dyn Wire>, envelope: Envelope, pause: Duration) -> Self {
        Self {
            stream,
            envelope,
            turn: 0,
            came: Vec::new(),
            late: BTreeSet::new(),
            pause,
        }
    }

    /// # Errors
    /// If the connection is gone.
    pub(crate) async fn ask(&mut self, unit: u8, span: Span, patience: Duration) -> io::Result<Outcome> {
        sleep(self.pause).await;
        self.drain().await?;
        self.turn = self.turn.wrapping_add(1);
        let (question, number) = (Question { unit, span }, transaction(self.turn));
        self.stream
            .write_all(&question.bytes(self.envelope, number))
            .await?;
        self.stream.flush().await?;
        let deadline = Instant::now() + patience;
        loop {
            while let Some(frame) = take(self.envelope, &mut self.came) {
                if let Some(answer) = question.answer(number, &frame) {
                    return Ok(Outcome::Answer(answer));
                }
                self.late.insert(frame.unit);
            }
            match timeout_at(deadline, self.receive()).await {
                Ok(received) => received?,
                Err(_) if self.came.is_empty() => return Ok(Outcome::Silence),
                Err(_) => return Ok(Outcome::Noise),
            }
        }
    }

    /// Waits until a late answer, if there is one, has come and gone.
    ///
    /// # Errors
    /// If the connection is gone.
    pub(crate) async fn quarantine(&mut self, time: Duration) -> io::Result<()> {
        sleep(time).await;
        self.drain().await
    }

    /// Takes what nobody asked for off the line.
    async fn drain(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + LONGEST_DRAIN;
        let mut quiet = Duration::ZERO;
        while Instant::now() < deadline {
            match timeout(quiet, self.receive()).await {
                Ok(received) => received?,
                Err(_) => break,
            }
            quiet = QUIET;
        }
        while let Some(frame) = take(self.envelope, &mut self.came) {
            self.late.insert(frame.unit);
        }
        self.came.clear();
        Ok(())
    }

    async fn receive(&mut self) -> io::Result<()> {
        let mut bytes = [0; 256];
        let count = self.stream.read(&mut bytes).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if self.came.len() > MOST_BYTES {
            self.came.clear();
        }
        self.came.extend(bytes.get(..count).unwrap_or_default());
        Ok(())
    }
}

//! One connection: bytes in are requests, bytes out come at their time.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::Bus;
use crate::{Ms, Shared};

/// What the bus knows of a connection.
#[derive(Debug, Default)]
pub(super) struct Line {
    outgoing: VecDeque<(Ms, Outgoing)>,
    /// The number of the last request, where requests have one.
    label: u16,
    closed: bool,
    reader: Option<Waker>,
}

/// An answer on its way.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) bytes: Vec<u8>,
    /// The gateway takes it for the answer to whatever was asked last.
    pub(super) relabelled: bool,
}

impl Line {
    pub(super) fn send(&mut self, at: Ms, outgoing: Outgoing) {
        let place = self.outgoing.partition_point(|(other, _)| *other <= at);
        self.outgoing.insert(place, (at, outgoing));
        self.wake();
    }

    pub(super) fn is_asked(&mut self, label: u16) {
        self.label = label;
    }

    /// What comes later than now all the same, though nobody listens here any more.
    pub(super) fn leaves(&mut self, now: Ms, everything: bool) -> Vec<(Ms, Outgoing)> {
        let all = std::mem::take(&mut self.outgoing).into_iter();
        all.filter(|(at, outgoing)| *at > now && (everything || outgoing.relabelled))
            .collect()
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }
}

/// The controller's end.
pub(super) struct SimulatedWire {
    bus: Bus,
    line: Shared<Line>,
    asked: Vec<u8>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl SimulatedWire {
    pub(super) fn new(bus: Bus, line: Shared<Line>) -> Self {
        Self {
            bus,
            line,
            asked: Vec::new(),
            sleep: None,
        }
    }
}

impl Drop for SimulatedWire {
    fn drop(&mut self) {
        self.line.lock().close();
    }
}

impl AsyncRead for SimulatedWire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let now = this.bus.now();
        let mut line = this.line.lock();
        if line.closed {
            return Poll::Ready(Ok(()));
        }
        let label = line.label;
        match line.outgoing.front_mut() {
            Some((at, outgoing)) if *at <= now => {
                let bytes = &mut outgoing.bytes;
                if std::mem::take(&mut outgoing.relabelled) {
                    bytes[..2].copy_from_slice(&label.to_be_bytes());
                }
                let count = bytes.len().min(buf.remaining());
                buf.put_slice(&bytes[..count]);
                bytes.drain(..count);
                if bytes.is_empty() {
                    line.outgoing.pop_front();
                }
                return Poll::Ready(Ok(()));
            }
            Some((at, _)) => {
                let left = std::time::Duration::from_millis(*at - now);
                let sleep = this.sleep.insert(Box::pin(tokio::time::sleep(left)));
                if sleep.as_mut().poll(cx).is_ready() {
                    cx.waker().wake_by_ref();
                }
            }
            None => {}
        }
        line.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for SimulatedWire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let mut line = this.line.lock();
        if line.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        this.asked.extend(buf);
        while let Some(length) = this.bus.framing().whole(&this.asked) {
            let request: Vec<u8> = this.asked.drain(..length).collect();
            this.bus.request(&mut line, &request);
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.lock().close();
        Poll::Ready(Ok(()))
    }
}

//! One connection: frames in and out, calls of both sides, and noticing when the other end is gone.

use std::time::Duration;

use api_spec::ocpp::machine::{CallFailure, Limits, Machine, Output};
use api_spec::ocpp::{CallError, ErrorCode, Version};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_util::sync::CancellationToken;

use super::agenda::{Agenda, Call};
use super::connect::Socket;
use super::courier::Courier;
use super::incoming::{self, Afterwards, Reply};
use super::station::Station;

const PING_MS: u64 = 25_000;
/// A line on which this many pings stay without any sign of life is dead: 75 s at most.
const MAX_SILENT_PINGS: u8 = 2;
/// After this many calls without an answer a new connection is tried.
const MAX_TIMEOUTS: u8 = 3;

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    Stopped,
    /// To be followed at once by a connection with it.
    NewCertificate,
    Lost {
        why: String,
        held_ms: u64,
        /// Whether the server has taken a message of the journal.
        has_delivered: bool,
    },
}

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the program stops")]
    Stopped,
    #[error("{0}")]
    Socket(#[from] tungstenite::Error),
    #[error("closed by the server")]
    Closed,
    #[error("no sign of life from the server")]
    Silent,
    #[error("no answers from the server")]
    NoAnswers,
    #[error("a new certificate is tried")]
    NewCertificate,
}

impl Trouble {
    /// Whether the other end broke the connection off, perhaps because of what it was sent.
    fn is_cut(&self) -> bool {
        match self {
            Self::Socket(_) | Self::Closed => true,
            Self::Stopped | Self::Silent | Self::NoAnswers | Self::NewCertificate => false,
        }
    }
}

/// What happened.
enum Event {
    Stop,
    Frame(Option<Result<Message, tungstenite::Error>>),
    Answer(String, Result<Reply, CallError>),
    JournalGrew,
    /// A state changed, or a time has come.
    Wake,
    CallTimeout,
}

pub(super) struct Session {
    station: Station,
    agenda: Agenda,
    socket: Socket,
    machine: Machine<Call>,
    answers: FuturesUnordered<BoxFuture<'static, (String, Result<Reply, CallError>)>>,
    opened: Instant,
    opened_tick_ms: u64,
    ping_at_ms: u64,
    silent_pings: u8,
    timeouts: u8,
    has_answered: bool,
    /// The message of the journal that has no answer yet.
    on_its_way: Option<i64>,
}

impl Session {
    /// `first`: whether this is the first connection since the program started.
    pub(super) fn new(
        station: Station,
        courier: Courier,
        socket: Socket,
        (version, first): (Version, bool),
    ) -> Self {
        let opened_tick_ms = station.clock.tick_ms();
        let id_prefix: String = foundation::ids::public_code() + "-";
        Self {
            agenda: Agenda::new(station.clone(), courier, first),
            station,
            socket,
            machine: Machine::new(version, &id_prefix, Limits::default()),
            answers: FuturesUnordered::new(),
            opened: Instant::now(),
            opened_tick_ms,
            ping_at_ms: opened_tick_ms + PING_MS,
            silent_pings: 0,
            timeouts: 0,
            has_answered: false,
            on_its_way: None,
        }
    }

    /// Runs until the connection ends or the program stops.
    pub(super) async fn run(mut self, stop: &CancellationToken) -> End {
        let trouble = loop {
            if let Err(trouble) = self.send_next().await {
                break trouble;
            }
            let event = self.wait(stop).await;
            if let Err(trouble) = self.handle(event).await {
                break trouble;
            }
        };
        if matches!(trouble, Trouble::Stopped | Trouble::NewCertificate) {
            // The server may be gone already.
            let _gone = tokio::time::timeout(Duration::from_secs(1), self.part()).await;
        }
        match trouble {
            Trouble::Stopped => return End::Stopped,
            Trouble::NewCertificate => return End::NewCertificate,
            Trouble::Socket(_) | Trouble::Closed | Trouble::Silent | Trouble::NoAnswers => {}
        }
        if let Some(id) = self.on_its_way
            && self.has_answered
            && trouble.is_cut()
        {
            self.agenda.cut_off(id).await;
        }
        let held_ms = self.station.clock.tick_ms().saturating_sub(self.opened_tick_ms);
        End::Lost {
            why: trouble.to_string(),
            held_ms,
            has_delivered: self.agenda.has_delivered(),
        }
    }

    /// Reads to the end: what is unread when a socket is dropped takes with it what the other end has not read yet.
    async fn part(&mut self) {
        if self.socket.close(None).await.is_ok() {
            while let Some(Ok(_)) = self.socket.next().await {}
        }
    }

    async fn wait(&mut self, stop: &CancellationToken) -> Event {
        let now = self.station.clock.tick_ms();
        let mut due = self.ping_at_ms;
        if self.machine.pending_calls() == 0 {
            due = due.min(self.agenda.next_due_ms());
        }
        let left = Duration::from_millis(due.saturating_sub(now));
        let timeout = self.machine.next_deadline_ms().map_or(Duration::MAX, |deadline| {
            Duration::from_millis(deadline.saturating_sub(self.elapsed_ms()))
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => Event::Stop,
            Some((id, answer)) = self.answers.next() => Event::Answer(id, answer),
            frame = self.socket.next() => Event::Frame(frame),
            () = self.station.journal.grew() => Event::JournalGrew,
            () = self.station.news.notified() => Event::Wake,
            Ok(()) = self.station.statuses.changed() => Event::Wake,
            () = tokio::time::sleep(timeout) => Event::CallTimeout,
            () = self.station.clock.sleep(left) => Event::Wake,
        }
    }

    async fn handle(&mut self, event: Event) -> Result<(), Trouble> {
        match event {
            Event::Stop => Err(Trouble::Stopped),
            Event::JournalGrew => {
                self.agenda.journal_grew();
                Ok(())
            }
            Event::Wake => self.ping_if_due().await,
            Event::CallTimeout => {
                let outputs = self.machine.tick(self.elapsed_ms());
                self.put_out(outputs).await
            }
            Event::Answer(id, answer) => self.answer(&id, answer).await,
            Event::Frame(None) => Err(Trouble::Closed),
            Event::Frame(Some(frame)) => self.receive(frame?).await,
        }
    }

    async fn receive(&mut self, frame: Message) -> Result<(), Trouble> {
        self.silent_pings = 0;
        match frame {
            Message::Text(text) => {
                let outputs = self.machine.receive(&text, self.elapsed_ms());
                self.put_out(outputs).await
            }
            Message::Close(_) => Err(Trouble::Closed),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn put_out(&mut self, outputs: Vec<Output<Call>>) -> Result<(), Trouble> {
        for output in outputs {
            match output {
                Output::Send(text) => self.socket.send(Message::text(text)).await?,
                Output::Incoming { id, action, payload } => {
                    let (station, version) = (self.station.clone(), self.machine.version());
                    let answer = async move {
                        let answer = incoming::answer(&station, version, &action, &payload).await;
                        (id, answer)
                    };
                    self.answers.push(answer.boxed());
                }
                Output::Outcome { token, result, .. } => self.settle(token, result).await?,
                Output::Notice { action, .. } => tracing::debug!(action, "a notice is not used"),
                Output::Noted(oddity) => tracing::debug!(?oddity, "unusual"),
            }
        }
        Ok(())
    }

    async fn answer(&mut self, id: &str, answer: Result<Reply, CallError>) -> Result<(), Trouble> {
        let now = self.elapsed_ms();
        let (payload, afterwards) = match answer {
            Ok(reply) => (Ok(reply.payload), reply.afterwards),
            Err(error) => (Err(error), None),
        };
        let output = self.machine.answer(id, payload, now);
        self.put_out(vec![output]).await?;
        match afterwards {
            None => {}
            Some(Afterwards::Tell(outlet, form)) => self.station.commands.tell(outlet, form).await,
            Some(Afterwards::Boot) => self.agenda.boot_again(),
            Some(Afterwards::Heartbeat) => self.agenda.heartbeat_again(),
            Some(Afterwards::State(outlet)) => self.agenda.state_again(outlet),
            Some(Afterwards::Renew) => self.agenda.renew(),
            Some(Afterwards::Reset(when)) => self.station.commands.reset(when).await,
            Some(Afterwards::Reconnect) => return Err(Trouble::NewCertificate),
        }
        Ok(())
    }

    async fn settle(
        &mut self,
        call: Call,
        result: Result<Box<serde_json::value::RawValue>, CallFailure>,
    ) -> Result<(), Trouble> {
        let now = self.station.clock.tick_ms();
        self.on_its_way = None;
        match result {
            Ok(answer) => {
                self.station.link.answered();
                self.timeouts = 0;
                self.has_answered = true;
                self.agenda.answered(call, answer.get(), now).await;
            }
            Err(failure @ (CallFailure::Refused(_) | CallFailure::Unreadable(_))) => {
                self.station.link.answered();
                self.timeouts = 0;
                self.has_answered = true;
                if is_about_the_message(&failure) {
                    self.agenda.refused(call, failure.to_string(), now).await;
                } else {
                    self.agenda.put_off(call, failure.to_string(), now).await;
                }
            }
            Err(failure @ (CallFailure::TimedOut | CallFailure::Closed { .. })) => {
                tracing::warn!(%failure, ?call, "a call has no answer");
                self.timeouts += 1;
                self.agenda.unanswered(&call, now);
                if self.timeouts >= MAX_TIMEOUTS {
                    return Err(Trouble::NoAnswers);
                }
            }
        }
        Ok(())
    }

    /// One call of ours at a time, so that the journal keeps its order.
    async fn send_next(&mut self) -> Result<(), Trouble> {
        if self.machine.pending_calls() > 0 {
            return Ok(());
        }
        let Some(next) = self.agenda.next(self.station.clock.tick_ms()).await else {
            return Ok(());
        };
        let now = self.elapsed_ms();
        self.on_its_way = match &next.call {
            Call::Journal(entry) => Some(entry.id),
            Call::Boot
            | Call::State(..)
            | Call::Heartbeat
            | Call::Disk(_)
            | Call::Sign
            | Call::Discarded
            | Call::Notice(_)
            | Call::Buses => None,
        };
        if let Ok(Some(output)) = self.machine.call(next.call, &next.action, &next.payload, now) {
            self.put_out(vec![output]).await?;
        }
        Ok(())
    }

    async fn ping_if_due(&mut self) -> Result<(), Trouble> {
        let now = self.station.clock.tick_ms();
        if now < self.ping_at_ms {
            return Ok(());
        }
        if self.silent_pings >= MAX_SILENT_PINGS {
            return Err(Trouble::Silent);
        }
        self.silent_pings += 1;
        self.ping_at_ms = now + PING_MS;
        Ok(self.socket.send(Message::Ping(tungstenite::Bytes::new())).await?)
    }

    /// Milliseconds of this connection, for what the network owes us.
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Whether sending the same again can only be refused again.
fn is_about_the_message(failure: &CallFailure) -> bool {
    match failure {
        CallFailure::Unreadable(_) => true,
        CallFailure::TimedOut | CallFailure::Closed { .. } => false,
        CallFailure::Refused(error) => match error.code {
            ErrorCode::FormatViolation
            | ErrorCode::NotImplemented
            | ErrorCode::NotSupported
            | ErrorCode::OccurrenceConstraintViolation
            | ErrorCode::PropertyConstraintViolation
            | ErrorCode::ProtocolError
            | ErrorCode::TypeConstraintViolation => true,
            ErrorCode::GenericError
            | ErrorCode::InternalError
            | ErrorCode::MessageTypeNotSupported
            | ErrorCode::RpcFrameworkError
            | ErrorCode::SecurityError => false,
        },
    }
}

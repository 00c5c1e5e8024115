//! A connection from its handshake to its end.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use foundation::Clock;
use futures_util::StreamExt;

use super::{Connection, Done};
use crate::ocpp::stations::Place;
use crate::ocpp::websocket::{GOING_AWAY, Message, POLICY, Reader, TRY_AGAIN_LATER, Violation, Writer};
use crate::operations::connect_station::{come_online, go_offline};

/// Between two pings.
const PING_MS: u64 = 30_000;
/// A station that answered neither of two pings is gone after this much more: 75 s after its last sign of life.
const LAST_CHANCE_MS: u64 = 15_000;
/// How long a peer may take to end the connection after our close frame.
const CLOSING: Duration = Duration::from_secs(2);

/// The two halves of a socket.
pub(in crate::ocpp) struct Ways {
    pub(in crate::ocpp) reader: Reader,
    pub(in crate::ocpp) writer: Writer,
}

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The peer is gone.
    Gone,
    /// The peer has said goodbye, and gets the code back.
    Closed(u16),
    Violation(Violation),
    Replaced,
    /// The certificate that it came with.
    Revoked,
    /// No sign of life.
    Silent,
    /// What it tells cannot be stored.
    NotStored,
    /// The program stops.
    Stopped,
}

impl Ways {
    /// Sends a close frame and leaves the peer a little time to read it.
    pub(in crate::ocpp) async fn close(mut self, code: u16, reason: &str) {
        self.writer.close(code, reason);
        let _gone_or_late = tokio::time::timeout(CLOSING, self.reader.drain()).await;
    }
}

/// Serves a connection until it ends.
pub(in crate::ocpp) async fn run(mut connection: Connection, mut ways: Ways, place: Place) {
    connection.came_online();
    let end = tokio::select! {
        end = connection.serve(&mut ways) => end,
        () = place.ended() => match () {
            () if connection.stop.is_cancelled() => End::Stopped,
            () if place.is_revoked() => End::Revoked,
            () => End::Replaced,
        },
    };
    tracing::info!(
        controller = connection.station.controller_id,
        ?end,
        "a station's connection ends"
    );
    let stopped = matches!(end, End::Stopped);
    drop(place);
    connection.finish(stopped).await;
    match end {
        End::Gone | End::Silent => {}
        End::Closed(code) => ways.close(code, "").await,
        End::Violation(violation) => ways.close(violation.code, violation.reason).await,
        End::Replaced => ways.close(POLICY, "replaced by a newer connection").await,
        End::Revoked => ways.close(POLICY, "the certificate is revoked").await,
        End::NotStored => {
            ways.close(TRY_AGAIN_LATER, "nothing can be stored now; come again")
                .await;
        }
        End::Stopped => ways.close(GOING_AWAY, "the server stops").await,
    }
}

impl Connection {
    async fn serve(&mut self, ways: &mut Ways) -> End {
        let commands = self.context.signals.commands_of(&self.station.controller_id);
        let mut pulse = Pulse::new(&self.context.clock);
        self.look_for_commands();
        if self.booted {
            self.look_for_thresholds();
        }
        loop {
            pulse.also_at(self.machine.next_deadline_ms());
            tokio::select! {
                message = ways.reader.next() => {
                    pulse.heard = true;
                    match message {
                        Ok(Some(Message::Text(text))) => self.receive(&ways.writer, &text),
                        Ok(Some(Message::Ping(payload))) => ways.writer.pong(&payload),
                        Ok(Some(Message::Pong)) => {}
                        Ok(Some(Message::Close(code))) => return End::Closed(code),
                        Ok(None) => return End::Gone,
                        Err(violation) => return End::Violation(violation),
                    }
                }
                Some(done) = self.working.next(), if !self.working.is_empty() => {
                    if matches!(done, Done::NotStored) {
                        return End::NotStored;
                    }
                    self.done(&ways.writer, done);
                }
                () = commands.notified() => self.look_for_commands(),
                () = &mut pulse.timer => {
                    let now_ms = self.now_ms();
                    self.time_passes(&ways.writer, now_ms);
                    match pulse.beat(now_ms) {
                        Beat::Nothing => {}
                        Beat::Ping => ways.writer.ping(),
                        Beat::Silence => return End::Silent,
                    }
                }
            }
        }
    }

    fn came_online(&mut self) {
        let (stations, station) = (self.stations.clone(), self.station.clone());
        self.write_surely(move |tx| {
            // A later end of the connection may have been faster.
            if stations.is_online(&station.controller_id) {
                come_online(tx, &station)?;
            }
            Ok(())
        });
    }

    /// Puts back what was not answered, and waits until all that has begun is written.
    async fn finish(mut self, stopped: bool) {
        self.put_back_calls();
        let (stations, station) = (self.stations.clone(), self.station.clone());
        // When the program stops, its next start does this.
        if !stopped {
            self.write_surely(move |tx| {
                if !stations.is_online(&station.controller_id) {
                    go_offline(tx, &station.controller_id)?;
                }
                Ok(())
            });
        }
        while self.working.next().await.is_some() {}
    }
}

enum Beat {
    Nothing,
    Ping,
    Silence,
}

/// Pings, and notices when nothing comes back.
struct Pulse {
    clock: Clock,
    /// Whether anything came since the last beat.
    heard: bool,
    /// Nothing came since the last ping but one.
    doubted: bool,
    beat_at_ms: u64,
    timer_at_ms: u64,
    timer: Pin<Box<dyn Future<Output = ()>>>,
}

impl Pulse {
    fn new(clock: &Clock) -> Self {
        let mut pulse = Self {
            clock: clock.clone(),
            heard: true,
            doubted: false,
            beat_at_ms: clock.tick_ms().saturating_add(PING_MS),
            timer_at_ms: 0,
            timer: Box::pin(std::future::pending()),
        };
        pulse.also_at(None);
        pulse
    }

    /// Sets the timer to the next beat, or to `deadline_ms` if that is sooner.
    fn also_at(&mut self, deadline_ms: Option<u64>) {
        let at_ms = deadline_ms.map_or(self.beat_at_ms, |deadline| deadline.min(self.beat_at_ms));
        if at_ms == self.timer_at_ms {
            return;
        }
        self.timer_at_ms = at_ms;
        let clock = self.clock.clone();
        let wait = Duration::from_millis(at_ms.saturating_sub(clock.tick_ms()));
        self.timer = Box::pin(async move { clock.sleep(wait).await });
    }

    fn beat(&mut self, now_ms: u64) -> Beat {
        // The timer has fired and must be set anew, whatever it was for.
        self.timer_at_ms = 0;
        if now_ms < self.beat_at_ms {
            return Beat::Nothing;
        }
        if !self.heard && self.doubted {
            return Beat::Silence;
        }
        self.doubted = !self.heard;
        self.heard = false;
        let wait_ms = if self.doubted { LAST_CHANCE_MS } else { PING_MS };
        self.beat_at_ms = now_ms.saturating_add(wait_ms);
        Beat::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_silent_station_is_given_up_75_s_after_its_last_sign_of_life() {
        let clock = Clock::system();
        let start_ms = clock.tick_ms();
        let mut pulse = Pulse::new(&clock);
        let mut given_up_ms = None;
        for second in 1..200 {
            let now_ms = start_ms + second * 1000 + 500;
            if matches!(pulse.beat(now_ms), Beat::Silence) {
                given_up_ms = Some(now_ms - start_ms);
                break;
            }
        }
        assert_eq!(given_up_ms, Some(75_500));
    }

    #[tokio::test]
    async fn a_station_that_answers_pings_is_kept() {
        let clock = Clock::system();
        let start_ms = clock.tick_ms();
        let mut pulse = Pulse::new(&clock);
        for second in 1..1000 {
            match pulse.beat(start_ms + second * 1000) {
                Beat::Ping => pulse.heard = true,
                Beat::Nothing => {}
                Beat::Silence => panic!("given up after {second} s"),
            }
        }
    }
}

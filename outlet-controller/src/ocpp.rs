//! The station's side of OCPP: keeps a connection to the server while the controller runs.

mod agenda;
mod bus_watch;
mod connect;
mod courier;
mod incoming;
mod link_state;
pub(crate) mod messages;
mod open;
mod renewal;
mod session;
mod station;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use foundation::Clock;
use foundation::telemetry::Telemetry;
use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Server;
use crate::control_loop::Handles;
use crate::firmware::{self, Firmware};
use crate::identity::Trusted;
use crate::store::Store;
use crate::uploads::Uploads;

pub use connect::Dial;
pub(crate) use connect::{check_authority, tcp};
use courier::Courier;
pub(crate) use link_state::{LinkState, LinkWatch};
use open::Opener;
use session::{End, Session};
pub(crate) use station::Station;

const FIRST_RETRY_MS: u64 = 1_000;
const LONGEST_RETRY_MS: u64 = 60_000;
/// A connection that held this long was of use.
const GOOD_AFTER_MS: u64 = 60_000;

/// Everything that a connection needs.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) server: Server,
    pub(crate) dial: Dial,
    pub(crate) handles: Handles,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) telemetry: Telemetry,
    pub(crate) watch: LinkWatch,
    pub(crate) trusted: Trusted,
    pub(crate) firmware: Firmware,
    pub(crate) uploads: Uploads,
    /// There is something to be told of the two.
    pub(crate) news: Arc<Notify>,
    /// Work that a clean stop waits for.
    pub(crate) tasks: TaskTracker,
}

impl Link {
    /// Installs firmware; `None` where it is not set up for that.
    pub(crate) fn installing(&self) -> Option<firmware::Worker> {
        let (commands, statuses) = (self.handles.commands.clone(), self.handles.statuses.clone());
        self.firmware
            .worker((commands, statuses), self.trusted.clone(), self.clock.clone())
    }
}

/// Keeps the connection until told to stop, whatever happens: the control loop goes on without it, but cannot be reached.
pub(crate) async fn run(link: Link, stop: CancellationToken) {
    while let Err(_panic) = AssertUnwindSafe(connections(link.clone(), stop.clone()))
        .catch_unwind()
        .await
    {
        tracing::error!(
            "the connection to the server has failed in a way that was not foreseen; it begins anew"
        );
        link.handles.journal.set_online(false);
        link.watch.failed("it failed in a way that was not foreseen");
        link.clock.sleep(Duration::from_millis(FIRST_RETRY_MS)).await;
    }
}

/// Connects, and connects again.
async fn connections(link: Link, stop: CancellationToken) {
    let station = Station::new(&link);
    let courier = Courier::new(
        link.store.clone(),
        link.clock.clone(),
        link.tasks.clone(),
        link.handles.journal.clone(),
    );
    let mut opener = Opener::new(&link);
    let mut failures = 0_u32;
    let mut first = true;
    while !stop.is_cancelled() {
        let opened = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            opened = opener.open() => opened,
        };
        match opened {
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(url = %link.server.url, error, "the server cannot be reached");
                link.watch.failed(&error);
            }
            Ok(opened) => {
                let version = opened.version;
                tracing::info!(url = %link.server.url, version = version.subprotocol(), "connected");
                link.watch.connected(version.subprotocol());
                if let Some(mut renewal) = station.renewal() {
                    renewal.connected(opened.renewed);
                }
                let session = Session::new(station.clone(), courier.clone(), opened.socket, (version, first));
                let end = session.run(&stop).await;
                link.handles.journal.set_online(false);
                first = false;
                match end {
                    End::Stopped => return,
                    End::NewCertificate => continue,
                    End::Lost {
                        why,
                        held_ms,
                        has_delivered,
                    } => {
                        tracing::warn!(why, "the connection is lost");
                        link.watch.failed(&why);
                        failures = failures_before(failures, held_ms, has_delivered);
                    }
                }
            }
        }
        let wait = backoff(failures, foundation::ids::random());
        failures = failures.saturating_add(1);
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = link.clock.sleep(wait) => {}
        }
    }
}

/// A server in trouble lets many in and none through: only a connection that was of use makes the next wait short.
fn failures_before(failures: u32, held_ms: u64, has_delivered: bool) -> u32 {
    if has_delivered || held_ms >= GOOD_AFTER_MS {
        0
    } else {
        failures
    }
}

/// Doubles up to a minute; between half and all of that, so that many controllers do not come back at once.
fn backoff(failures: u32, random: [u8; 1]) -> Duration {
    let [random] = random;
    let longest = FIRST_RETRY_MS
        .saturating_mul(1 << failures.min(10))
        .min(LONGEST_RETRY_MS);
    Duration::from_millis(longest / 2 + longest / 2 * u64::from(random) / 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_breaks_early_and_delivers_nothing_does_not_shorten_the_wait() {
        assert_eq!(failures_before(5, 59_999, false), 5);
        assert_eq!(failures_before(5, 60_000, false), 0);
        assert_eq!(failures_before(5, 10, true), 0);
    }

    #[test]
    fn the_first_retry_comes_within_a_second_and_none_later_than_a_minute() {
        for (failures, random, expected_ms) in [
            (0, 0, 500),
            (0, 255, 1_000),
            (3, 255, 8_000),
            (6, 0, 30_000),
            (6, 255, 60_000),
            (4_000, 255, 60_000),
        ] {
            assert_eq!(
                backoff(failures, [random]),
                Duration::from_millis(expected_ms),
                "{failures} {random}"
            );
        }
    }
}

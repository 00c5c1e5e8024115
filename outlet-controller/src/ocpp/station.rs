//! What the parts of the OCPP side share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::OutletNumber;
use domain::outlet::Status;
use domain::units::Timestamp;
use foundation::Clock;
use foundation::listen::is_loopback;
use foundation::telemetry::Telemetry;
use reqwest::Url;
use tokio::sync::{Notify, watch};

use super::bus_watch::{BusCounts, BusWatch};
use super::renewal::Renewal;
use super::{Link, LinkWatch};
use crate::control_loop::{Commands, JournalSignal, Picture, Statuses};
use crate::firmware::Firmware;
use crate::identity::Trusted;
use crate::uploads::Uploads;

const FIRST_HEARTBEAT_S: u64 = 300;
/// An answer that took longer does not tell the time.
const PROMPT_MS: u64 = 1_000;
/// Two clocks that are no further apart agree; a server may tell whole seconds.
const AGREES_US: i64 = 1_000_000;
/// Two that are further apart are worth a line in the log.
const ASTRAY_US: i64 = 60_000_000;

/// The controller as an OCPP station; clones share it.
#[derive(Clone)]
pub(crate) struct Station {
    pub(super) id: String,
    pub(super) commands: Commands,
    pub(super) statuses: watch::Receiver<Statuses>,
    pub(super) journal: JournalSignal,
    pub(super) clock: Clock,
    pub(super) telemetry: Telemetry,
    pub(super) link: LinkWatch,
    pub(super) trusted: Trusted,
    pub(super) firmware: Firmware,
    pub(super) uploads: Uploads,
    /// There is something to be told of the two.
    pub(super) news: Arc<Notify>,
    /// Files are got and sent in clear too.
    allows_clear: bool,
    heartbeat_s: Arc<AtomicU64>,
    pictures: watch::Receiver<Picture>,
    bus_watch: Arc<Mutex<BusWatch>>,
    /// `None` where it has a password.
    renewal: Option<Arc<Mutex<Renewal>>>,
}

impl Station {
    pub(super) fn new(link: &Link) -> Self {
        Self {
            id: link.server.station_id.clone(),
            commands: link.handles.commands.clone(),
            statuses: link.handles.statuses.clone(),
            journal: link.handles.journal.clone(),
            clock: link.clock.clone(),
            telemetry: link.telemetry.clone(),
            link: link.watch.clone(),
            trusted: link.trusted.clone(),
            firmware: link.firmware.clone(),
            uploads: link.uploads.clone(),
            news: link.news.clone(),
            allows_clear: link.server.allow_clear,
            heartbeat_s: Arc::new(AtomicU64::new(FIRST_HEARTBEAT_S)),
            pictures: link.handles.pictures.clone(),
            bus_watch: Arc::new(Mutex::new(BusWatch::new(link.clock.tick_ms()))),
            renewal: link
                .server
                .identity()
                .map(|folder| Arc::new(Mutex::new(Renewal::new(folder, link.trusted.clone())))),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_us())
    }

    /// The time by the wall clock, right or not.
    pub(super) fn wall(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// What is known of this station's certificate, for a moment; `None` where it has a password.
    pub(super) fn renewal(&self) -> Option<MutexGuard<'_, Renewal>> {
        let renewal = self.renewal.as_ref()?;
        Some(renewal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The tick from which on the server is to be told how the buses answer.
    pub(super) fn buses_due_ms(&self) -> u64 {
        self.watch_buses().due_ms()
    }

    /// How the buses answer, where that is to be told and there are some.
    pub(super) fn bus_counts(&self, now_ms: u64) -> Option<Vec<BusCounts>> {
        let mut watch = self.watch_buses();
        if now_ms < watch.due_ms() {
            return None;
        }
        let counts = watch.counts(now_ms, &self.pictures.borrow().buses);
        if counts.is_empty() {
            watch.wait(now_ms);
        }
        Some(counts).filter(|counts| !counts.is_empty())
    }

    pub(super) fn told_buses(&self, now_ms: u64) {
        let buses = self.pictures.borrow().buses.clone();
        self.watch_buses().told(now_ms, buses);
    }

    fn watch_buses(&self) -> MutexGuard<'_, BusWatch> {
        self.bus_watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// OCPP: 2 is a password, 3 a certificate.
    pub(super) fn security_profile(&self) -> u8 {
        if self.renewal.is_some() { 3 } else { 2 }
    }

    /// The time as the server tells it, or else by a wall clock that is known to be right.
    pub(super) fn known_now(&self) -> Option<jiff::Timestamp> {
        let ahead_ms = self.link.state().server_ahead_ms;
        let ahead_ms = ahead_ms.or_else(|| self.clock.is_right().then_some(0))?;
        let now_us = self.clock.now_us().saturating_add(ahead_ms.saturating_mul(1000));
        jiff::Timestamp::from_microsecond(now_us).ok()
    }

    /// The tick from which on a new certificate is to be asked for.
    pub(super) fn renewal_due_ms(&self) -> u64 {
        let due = self
            .renewal()
            .and_then(|renewal| renewal.due_ms(self.clock.tick_ms(), self.known_now()));
        due.unwrap_or(u64::MAX)
    }

    /// The server has told its time in an answer that took so long: a wall clock that it agrees with is right.
    pub(super) fn compare_clock(&self, server_us: i64, took_ms: u64) {
        if took_ms > PROMPT_MS {
            return;
        }
        let halfway_us = i64::try_from(took_ms * 500).unwrap_or(0);
        let ahead_us = server_us.saturating_sub(self.clock.now_us().saturating_sub(halfway_us));
        if ahead_us.saturating_abs() > ASTRAY_US {
            tracing::warn!(ahead_ms = ahead_us / 1000, "the server's clock is ahead of ours");
        }
        self.link.server_is_ahead(ahead_us / 1000);
        self.clock.agree(ahead_us.saturating_abs() <= AGREES_US);
    }

    /// A URL that files may be got from or sent to: what goes over it is read by nobody else.
    pub(super) fn file_url(&self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok().filter(Url::has_host)?;
        let host = url.host_str().unwrap_or_default();
        let in_clear = url.scheme() == "http" && (self.allows_clear || is_loopback(host));
        (url.scheme() == "https" || in_clear).then_some(url)
    }

    /// The outlet behind an EVSE's number.
    pub(super) fn outlet(&self, evse_id: i64) -> Option<OutletNumber> {
        let number = OutletNumber::new(u8::try_from(evse_id).ok()?)?;
        self.status(number).map(|_| number)
    }

    pub(super) fn status(&self, outlet: OutletNumber) -> Option<Status> {
        let statuses = self.statuses.borrow();
        statuses
            .iter()
            .find(|(number, _)| *number == outlet)
            .map(|(_, status)| status.clone())
    }

    pub(super) fn heartbeat_s(&self) -> u64 {
        self.heartbeat_s.load(Ordering::Relaxed)
    }

    /// As the server asked; 0 means as we like.
    pub(super) fn set_heartbeat_s(&self, interval: i64) {
        let seconds = u64::try_from(interval).unwrap_or(0);
        self.heartbeat_s.store(
            if seconds == 0 { FIRST_HEARTBEAT_S } else { seconds },
            Ordering::Relaxed,
        );
    }
}

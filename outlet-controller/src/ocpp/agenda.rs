//! Which call of ours is next: registration, then states, a heartbeat, and the journal, the oldest first.

mod buses;
mod certificate;
mod notices;
mod registration;

use std::collections::BTreeMap;

use api_spec::ocpp::Action;
use api_spec::ocpp::v201::{BootReasonEnum, ConnectorStatusEnum, HeartbeatRequest};
use domain::ids::OutletNumber;

pub(super) use notices::Notice;

use super::courier::Courier;
use super::messages;
use super::station::Station;
use crate::store::{Entry, MAX_REFUSALS};

const RETRY_MS: u64 = 1_000;
const LONGEST_RETRY_MS: u64 = 30_000;
/// Where the server gives no time after which to register again.
const REGISTER_AGAIN_S: u64 = 30;
/// Alarms that the journal cannot take are numbered from here on: never as one of its events.
const FIRST_ALARM: i64 = 2_000_000_000;
const ALARMS: u64 = 140_000_000;

/// One call of ours.
#[derive(Debug)]
pub(super) enum Call {
    Boot,
    State(OutletNumber, ConnectorStatusEnum),
    Heartbeat,
    /// Whether the disk fails: what the journal cannot tell.
    Disk(bool),
    /// A new certificate is asked for.
    Sign,
    /// The server did not take the renewed certificate.
    Discarded,
    /// What is told of firmware or a log.
    Notice(Notice),
    /// How the buses answer.
    Buses,
    Journal(Entry),
}

/// A call as it goes out.
pub(super) struct Outgoing {
    pub(super) call: Call,
    pub(super) action: String,
    pub(super) payload: String,
}

/// What is still to be told on this connection.
pub(super) struct Agenda {
    station: Station,
    courier: Courier,
    registered: bool,
    reason: Option<BootReasonEnum>,
    boot_at_ms: u64,
    states: BTreeMap<OutletNumber, ConnectorStatusEnum>,
    /// Whether the server was told last that the disk fails.
    disk_fails: bool,
    heartbeat_at_ms: u64,
    journal_at_ms: u64,
    journal_may_hold: bool,
    failures: u32,
    has_delivered: bool,
    /// When the server was asked what the time is.
    asked_time_ms: u64,
}

impl Agenda {
    pub(super) fn new(station: Station, courier: Courier, first: bool) -> Self {
        let reason = if first {
            BootReasonEnum::PowerUp
        } else {
            BootReasonEnum::Unknown
        };
        Self {
            station,
            courier,
            registered: false,
            reason: Some(reason),
            boot_at_ms: 0,
            states: BTreeMap::new(),
            disk_fails: false,
            heartbeat_at_ms: u64::MAX,
            journal_at_ms: 0,
            journal_may_hold: true,
            failures: 0,
            has_delivered: false,
            asked_time_ms: 0,
        }
    }

    /// Whether the server has taken a message of the journal on this connection.
    pub(super) fn has_delivered(&self) -> bool {
        self.has_delivered
    }

    pub(super) fn journal_grew(&mut self) {
        self.journal_may_hold = true;
    }

    /// The server wants to be told this again.
    pub(super) fn boot_again(&mut self) {
        self.reason = Some(BootReasonEnum::Triggered);
        self.boot_at_ms = 0;
    }

    pub(super) fn state_again(&mut self, outlet: Option<OutletNumber>) {
        match outlet {
            Some(outlet) => drop(self.states.remove(&outlet)),
            None => self.states.clear(),
        }
    }

    /// The server wants this station to have a new certificate.
    pub(super) fn renew(&mut self) {
        if let Some(mut renewal) = self.station.renewal() {
            renewal.want();
        }
    }

    pub(super) fn heartbeat_again(&mut self) {
        self.heartbeat_at_ms = 0;
    }

    /// The tick at which something may become due by itself.
    pub(super) fn next_due_ms(&self) -> u64 {
        let boot = if self.reason.is_some() {
            self.boot_at_ms
        } else {
            u64::MAX
        };
        let journal = if self.journal_may_hold {
            self.journal_at_ms
        } else {
            u64::MAX
        };
        let rest = if self.registered {
            let due = if self.has_notices() {
                0
            } else {
                self.station.renewal_due_ms()
            };
            let due = due.min(self.station.buses_due_ms());
            journal.min(self.heartbeat_at_ms).min(due.max(self.journal_at_ms))
        } else {
            u64::MAX
        };
        boot.min(rest)
    }

    /// The next call, if anything is due.
    pub(super) async fn next(&mut self, now_ms: u64) -> Option<Outgoing> {
        if let Some(reason) = self.reason.filter(|_| now_ms >= self.boot_at_ms) {
            self.asked_time_ms = now_ms;
            return outgoing(Call::Boot, &registration::boot(reason));
        }
        if !self.registered {
            return None;
        }
        if let Some((outlet, state)) = self.changed_state() {
            let request = messages::status_notification(outlet, state, self.station.now());
            return outgoing(Call::State(outlet, state), &request);
        }
        if now_ms >= self.journal_at_ms
            && let Some(alarm) = self.disk_alarm()
        {
            return Some(alarm);
        }
        if now_ms >= self.journal_at_ms
            && let Some(call) = self.about_certificate(now_ms)
        {
            return Some(call);
        }
        if now_ms >= self.journal_at_ms
            && let Some(call) = self.notice().or_else(|| self.about_buses(now_ms))
        {
            return Some(call);
        }
        if now_ms >= self.heartbeat_at_ms {
            self.asked_time_ms = now_ms;
            return outgoing(Call::Heartbeat, &HeartbeatRequest::default());
        }
        if !self.journal_may_hold || now_ms < self.journal_at_ms {
            return None;
        }
        let oldest = match self.courier.oldest().await {
            Ok(oldest) => oldest,
            Err(error) => {
                // The connection is of use without the journal: charges can be stopped by it.
                tracing::error!(%error, "the journal cannot be read");
                self.journal_at_ms = self.later(now_ms);
                return None;
            }
        };
        self.journal_may_hold = oldest.is_some();
        oldest.map(|entry| Outgoing {
            action: entry.action.clone(),
            payload: entry.payload.clone(),
            call: Call::Journal(entry),
        })
    }

    fn disk_alarm(&self) -> Option<Outgoing> {
        let fails = self.station.journal.disk_fails();
        let at = self.station.now();
        let second = (self.station.clock.tick_ms() / 1000) % ALARMS;
        let number = FIRST_ALARM.saturating_add_unsigned(second);
        let request = messages::disk_alarm(fails, number, at).filter(|_| fails != self.disk_fails)?;
        outgoing(Call::Disk(fails), &request)
    }

    fn changed_state(&self) -> Option<(OutletNumber, ConnectorStatusEnum)> {
        let statuses = self.station.statuses.borrow();
        let states = statuses
            .iter()
            .map(|(number, status)| (*number, messages::connector_status(status)));
        states
            .into_iter()
            .find(|(number, state)| self.states.get(number) != Some(state))
    }

    /// A call of ours was answered.
    pub(super) async fn answered(&mut self, call: Call, result: &str, now_ms: u64) {
        self.failures = 0;
        self.heartbeat_at_ms = now_ms.saturating_add(self.station.heartbeat_s() * 1000);
        match call {
            Call::Boot => {
                self.compare_time(result, now_ms);
                self.booted(result, now_ms).await;
            }
            Call::State(outlet, state) => drop(self.states.insert(outlet, state)),
            Call::Heartbeat => self.compare_time(result, now_ms),
            Call::Disk(fails) => self.disk_fails = fails,
            Call::Sign => certificate::read_answer(result),
            Call::Discarded => self.told_discarded(),
            Call::Notice(notice) => self.told(&notice),
            Call::Buses => self.station.told_buses(now_ms),
            Call::Journal(entry) => {
                self.has_delivered = true;
                self.courier.answered(entry.id);
            }
        }
    }

    /// The server cannot do this now; its message may be good, and is kept in its place.
    pub(super) async fn put_off(&mut self, call: Call, why: String, now_ms: u64) {
        match call {
            Call::Boot
            | Call::State(..)
            | Call::Heartbeat
            | Call::Disk(_)
            | Call::Sign
            | Call::Discarded
            | Call::Buses => self.refused(call, why, now_ms).await,
            Call::Notice(_) => self.journal_at_ms = self.later(now_ms),
            Call::Journal(entry) => {
                tracing::warn!(
                    id = entry.id,
                    action = entry.action,
                    why,
                    "a message of the journal is tried again"
                );
                self.journal_at_ms = self.later(now_ms);
            }
        }
    }

    /// The connection broke while this message was on its way, though the server had answered others before.
    pub(super) async fn cut_off(&self, id: i64) {
        self.courier.cut_off(id).await
    }

    /// The server has refused a call of ours.
    pub(super) async fn refused(&mut self, call: Call, why: String, now_ms: u64) {
        match call {
            Call::Boot => {
                tracing::warn!(why, "the registration was refused");
                self.boot_at_ms = now_ms.saturating_add(REGISTER_AGAIN_S * 1000);
            }
            Call::Sign => tracing::warn!(why, "a certificate request was refused"),
            Call::Discarded => self.told_discarded(),
            Call::Notice(notice) => self.told(&notice),
            Call::Buses => self.station.told_buses(now_ms),
            // Told as well as it can be; a later change is told again.
            Call::State(outlet, state) => drop(self.states.insert(outlet, state)),
            Call::Disk(fails) => self.disk_fails = fails,
            Call::Heartbeat => {
                self.heartbeat_at_ms = now_ms.saturating_add(self.station.heartbeat_s() * 1000)
            }
            Call::Journal(entry) => {
                let set_aside = entry.refusals + 1 >= MAX_REFUSALS;
                let (id, action) = (entry.id, &entry.action);
                tracing::warn!(
                    id,
                    action,
                    why,
                    set_aside,
                    "the server refuses a message of the journal"
                );
                self.courier.refused(entry.id, why, set_aside).await;
                self.journal_at_ms = if set_aside {
                    self.failures = 0;
                    now_ms
                } else {
                    self.later(now_ms)
                };
            }
        }
    }

    fn told_discarded(&self) {
        if let Some(mut renewal) = self.station.renewal() {
            renewal.told_discarded();
        }
    }

    /// A call of ours had no answer.
    pub(super) fn unanswered(&mut self, call: &Call, now_ms: u64) {
        let later = self.later(now_ms);
        match call {
            Call::Boot => self.boot_at_ms = later,
            Call::Heartbeat => self.heartbeat_at_ms = later,
            Call::Sign => {}
            Call::State(..) | Call::Disk(_) | Call::Discarded | Call::Notice(_) | Call::Journal(_) => {
                self.journal_at_ms = later
            }
            // It may hold up nothing that is lost without it.
            Call::Buses => self.station.told_buses(now_ms),
        }
    }

    /// When to try again after one more failure.
    fn later(&mut self, now_ms: u64) -> u64 {
        let wait = RETRY_MS
            .saturating_mul(1 << self.failures.min(10))
            .min(LONGEST_RETRY_MS);
        self.failures = self.failures.saturating_add(1);
        now_ms.saturating_add(wait)
    }
}

fn outgoing<T: Action>(call: Call, request: &T) -> Option<Outgoing> {
    let payload = serde_json::to_string(request).ok()?;
    Some(Outgoing {
        call,
        action: T::NAME.to_owned(),
        payload,
    })
}

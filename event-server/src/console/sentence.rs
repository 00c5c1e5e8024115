//! What an outlet is doing, as a sentence with the reason and what comes next, for whoever reads it.

use api_spec::rest::{Outlet, OutletState, SessionState};
use api_spec::webhook::Breaker;
use domain::outlet::Settings;
use jiff::tz::TimeZone;

use super::figures;
use super::words::{StateWords, fault, filled};
use crate::http::Language;
use crate::store::name;

/// By the name that a controller gives them, faults by which current may flow through a breaker that is off.
const FLOWS_ON: [&str; 2] = ["welded", "did_not_open"];
/// What is shown as 0.0 kW, and is no charge.
const NO_POWER_W: i64 = 50;
const NO_CURRENT_MA: i64 = 500;
const MINUTE_US: i64 = 60 * 1_000_000;
/// After so long without current, somebody should look at the plug.
pub(super) const PATIENCE_US: i64 = 3 * MINUTE_US;

/// Who reads it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reader<'a> {
    /// May know all: who looks after the site, or this very machine.
    Manager,
    /// May know of their own charges and reservations alone; nobody is known until they have signed in.
    Person(Option<&'a str>),
}

/// What is known beside the outlet itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    pub(super) zone: &'a TimeZone,
    pub(super) now_us: i64,
    /// When its controller was last connected.
    pub(super) offline_since: Option<i64>,
    /// Whether the power has opened the breaker of its charge.
    pub(super) is_interrupted: bool,
    /// Who has reserved it now, and until when.
    pub(super) hold: Option<(&'a str, i64)>,
}

impl Reader<'_> {
    /// Whether a charge of this driver, or a reservation, is none of the reader's business.
    fn is_neighbour_of(self, driver_id: &str) -> bool {
        match self {
            Reader::Manager => false,
            Reader::Person(id) => id != Some(driver_id),
        }
    }

    /// Whether somebody else's charge holds the outlet.
    pub(super) fn finds_in_use(self, outlet: &Outlet) -> bool {
        let session = outlet.session.as_ref();
        session.is_some_and(|session| self.is_neighbour_of(&session.driver_id))
    }
}

pub(super) fn sentence(
    outlet: &Outlet,
    around: &Around<'_>,
    reader: Reader<'_>,
    language: Language,
) -> String {
    let w = StateWords::of(language);
    let clock = |at_us: i64| figures::near(at_us, around.now_us, around.zone, language);
    let since = around
        .offline_since
        .map(|at_us| filled(w.since, &[("at", clock(at_us))]));
    let session = outlet.session.as_ref();
    let end = session.map(|session| clock(session.limits.until.0));
    let until = around.hold.map(|(_, until_us)| clock(until_us));
    filled(
        message(outlet, around, reader, w),
        &[
            ("since", since.unwrap_or_default()),
            ("end", end.unwrap_or_default()),
            ("power", kilowatts(outlet)),
            ("fault", fault(outlet.fault.as_deref(), language).to_owned()),
            ("minutes", minutes_left(outlet, around.now_us).to_string()),
            ("until", until.unwrap_or_default()),
        ],
    )
}

fn message(outlet: &Outlet, around: &Around<'_>, reader: Reader<'_>, w: &'static StateWords) -> &'static str {
    let is_in_use = reader.finds_in_use(outlet);
    match outlet.state {
        OutletState::Available => available(outlet, around, reader, w),
        OutletState::SwitchedOn => w.switched_on,
        OutletState::Faulted => faulted(outlet, w),
        OutletState::Disabled => w.disabled,
        OutletState::Offline if outlet.session.is_some() && !is_in_use => offline(outlet, around.now_us, w),
        OutletState::Offline => w.offline,
        OutletState::Starting
        | OutletState::Energized
        | OutletState::Charging
        | OutletState::Paused
        | OutletState::Stopping
            if is_in_use =>
        {
            w.in_use
        }
        OutletState::Starting => w.starting,
        OutletState::Stopping if is_unseen(outlet) => w.unseen_stopping,
        OutletState::Stopping => w.stopping,
        OutletState::Energized | OutletState::Charging | OutletState::Paused if is_unseen(outlet) => {
            w.unseen_charging
        }
        OutletState::Energized | OutletState::Charging | OutletState::Paused if around.is_interrupted => {
            w.interrupted
        }
        OutletState::Energized => energized(outlet, around.now_us, w),
        OutletState::Charging if draws_nothing(outlet) => w.paused,
        OutletState::Charging => w.charging,
        OutletState::Paused => w.paused,
    }
}

fn faulted(outlet: &Outlet, w: &'static StateWords) -> &'static str {
    match outlet.fault.as_deref() {
        Some("unavailable") if is_unseen(outlet) => w.unseen,
        Some("unavailable") => w.out_of_use,
        Some("welded") => w.welded,
        Some(_) | None => w.faulted,
    }
}

/// Nobody hears a stop, and the controller keeps the end that it knows.
fn offline(outlet: &Outlet, now_us: i64, w: &'static StateWords) -> &'static str {
    let session = outlet.session.as_ref();
    let stops = session
        .is_some_and(|session| session.state == SessionState::Stopping && session.limits.until.0 > now_us);
    match stops {
        true => w.offline_stopping,
        false => w.offline_charging,
    }
}

/// Its controller answers, and nothing in the panel does: what was measured last tells nothing any more.
pub(super) fn is_unseen(outlet: &Outlet) -> bool {
    outlet.online && outlet.breaker == Breaker::Unknown
}

/// Whether what was measured last tells what flows now.
pub(super) fn is_seen_now(outlet: &Outlet) -> bool {
    outlet.online && outlet.breaker != Breaker::Unknown
}

/// Whether the last measurement shows no current. Power alone may be older than the current.
pub(super) fn draws_nothing(outlet: &Outlet) -> bool {
    let has_current = outlet.current_ma.is_some_and(|ma| ma >= NO_CURRENT_MA);
    outlet.power_w.is_some_and(|watts| watts < NO_POWER_W) && !has_current
}

/// Whether current may flow though nobody charges.
pub(super) fn may_flow_on(outlet: &Outlet) -> bool {
    let fault = outlet.fault.as_deref();
    fault.is_some_and(|fault| FLOWS_ON.contains(&fault))
}

fn available(
    outlet: &Outlet,
    around: &Around<'_>,
    reader: Reader<'_>,
    w: &'static StateWords,
) -> &'static str {
    match (around.hold, reader) {
        (Some(_), Reader::Manager) => w.held_until,
        (Some((driver, _)), Reader::Person(_)) if reader.is_neighbour_of(driver) => w.held,
        (Some(_), Reader::Person(_)) => w.yours_until,
        (None, _) if outlet.breaker == Breaker::Unknown => w.checking,
        (None, _) => w.free,
    }
}

fn energized(outlet: &Outlet, now_us: i64, w: &'static StateWords) -> &'static str {
    match energized_for(outlet, now_us) {
        waited if waited < PATIENCE_US => w.energized,
        _ if minutes_left(outlet, now_us) > 0 => w.no_current,
        _ => w.no_current_late,
    }
}

/// For how long the breaker has been closed.
fn energized_for(outlet: &Outlet, now_us: i64) -> i64 {
    let session = outlet.session.as_ref();
    let since = session.and_then(|session| session.energized_at);
    since.map_or(0, |since| now_us.saturating_sub(since.0))
}

/// Until a controller gives up a charge in which no current ever flows, if its panel file does not say otherwise.
fn minutes_left(outlet: &Outlet, now_us: i64) -> i64 {
    let off_us = i64::try_from(Settings::default().no_load_off.0).unwrap_or(0) * 1000;
    let left_us = off_us.saturating_sub(energized_for(outlet, now_us)).max(0);
    left_us / MINUTE_US + i64::from(left_us % MINUTE_US > 0)
}

/// The name that pictures are coloured by: a charge of which nothing is seen does not look like one.
pub(super) fn shown_state(outlet: &Outlet) -> String {
    match outlet.session.is_some() && is_unseen(outlet) {
        true => "unseen".to_owned(),
        false => name(outlet.state),
    }
}

/// `3.0 kW`, rounded to a tenth; a dash where a measurement of now would be needed and there is none.
pub(super) fn kilowatts(outlet: &Outlet) -> String {
    let may_flow = outlet.session.is_some() || may_flow_on(outlet);
    match outlet.power_w {
        _ if !is_seen_now(outlet) => "–".to_owned(),
        None if may_flow => "–".to_owned(),
        power_w => figures::kw(power_w.unwrap_or(0)),
    }
}

/// The session's energy, cut to a hundredth; nothing where nobody charges.
pub(super) fn kilowatt_hours(outlet: &Outlet) -> String {
    let Some(session) = &outlet.session else {
        return String::new();
    };
    let hundredths = session.energy_wh.max(0) / 10;
    format!("{}.{:02} kWh", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
#[path = "sentence_tests.rs"]
mod tests;

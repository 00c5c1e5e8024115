//! An outlet as the pages know it: what it is doing, where, and at what price.

use api_spec::rest::{self, OutletState};
use api_spec::webhook::Breaker;
use foundation::{Conn, DbError};
use jiff::tz::TimeZone;

use super::figures;
use super::sentence::{Around, Reader, sentence};
use super::viewer::Viewer;
use super::words::{ResidentWords, filled};
use crate::http::Language;
use crate::operations::pricing::{Pricing, pricing_for};
use crate::operations::{local_days, resources};
use crate::store::outlets::{self, Known};
use crate::store::reservations::{self, Reservation};
use crate::store::sites::{self, Site};
use crate::store::{session_notes, sessions, tenants};

pub(super) struct Place {
    pub(super) key: i64,
    pub(super) outlet: rest::Outlet,
    pub(super) site: Site,
    pub(super) zone: TimeZone,
    pub(super) pricing: Option<Pricing>,
    /// Since when its controller is as it is, connected or not.
    controller_since: Option<i64>,
    is_interrupted: bool,
    hold: Option<Reservation>,
    /// What its label says of whom to call.
    contact: Option<String>,
    pub(super) now_us: i64,
}

/// By what a label says, whatever the tenant.
pub(super) fn by_code(conn: &mut Conn, code: &str, now_us: i64) -> Result<Option<Place>, DbError> {
    match outlets::find_known_by_code(conn, code)? {
        Some(known) => place(conn, known, now_us),
        None => Ok(None),
    }
}

pub(super) fn by_id(
    conn: &mut Conn,
    tenant_id: &str,
    outlet_id: &str,
    now_us: i64,
) -> Result<Option<Place>, DbError> {
    match outlets::find_known(conn, tenant_id, outlet_id)? {
        Some(known) => place(conn, known, now_us),
        None => Ok(None),
    }
}

fn place(conn: &mut Conn, known: Known, now_us: i64) -> Result<Option<Place>, DbError> {
    let Some(site) = sites::find(conn, &known.0.tenant_id, &known.0.site_id)? else {
        return Ok(None);
    };
    let session = match &known.1.session_id {
        Some(id) => sessions::find(conn, id)?,
        None => None,
    };
    let ids: Vec<String> = session.iter().map(|held| held.id.clone()).collect();
    let is_interrupted = !session_notes::list_interrupted(conn, &ids)?.is_empty();
    let mut holding = reservations::list_holding(conn, &[known.0.key], now_us)?;
    let tenant = tenants::find(conn, &site.tenant_id)?;
    Ok(Some(Place {
        contact: tenant.and_then(|tenant| tenant.contact),
        key: known.0.key,
        pricing: pricing_for(conn, &known.0, &site, now_us)?,
        controller_since: known.2.online_changed_at,
        is_interrupted,
        hold: holding.pop(),
        outlet: resources::outlet(known, session.as_ref())?,
        zone: local_days::zone(&site.zone),
        site,
        now_us,
    }))
}

/// Two sentences in a row.
pub(super) fn after(first: &str, second: &str, language: Language) -> String {
    match language {
        Language::Japanese => format!("{first}{second}"),
        Language::English => format!("{first} {second}"),
    }
}

pub(super) fn call(contact: &str, language: Language) -> String {
    filled(
        ResidentWords::of(language).call,
        &[("contact", contact.to_owned())],
    )
}

impl Place {
    pub(super) fn sentence(&self, reader: Reader<'_>, language: Language) -> String {
        let hold = self.hold.as_ref();
        let around = Around {
            zone: &self.zone,
            now_us: self.now_us,
            offline_since: self.controller_since,
            is_interrupted: self.is_interrupted,
            hold: hold.map(|hold| (hold.driver_id.as_str(), hold.expires_at)),
        };
        sentence(&self.outlet, &around, reader, language)
    }

    /// Who somebody is to whatever happens here.
    pub(super) fn reader<'a>(&self, viewer: Option<&'a Viewer>) -> Reader<'a> {
        let manages =
            |viewer: &Viewer| viewer.tenant_id == self.site.tenant_id && viewer.may_see(&self.site.id);
        match viewer {
            Some(viewer) if manages(viewer) => Reader::Manager,
            Some(viewer) if viewer.tenant_id == self.site.tenant_id => {
                Reader::Person(Some(&viewer.person_id))
            }
            Some(_) | None => Reader::Person(None),
        }
    }

    /// Whether the power has opened the breaker of its charge.
    pub(super) fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Whom to call where nobody can charge, although nobody does.
    pub(super) fn help(&self, language: Language) -> Option<String> {
        match self.outlet.state {
            OutletState::Faulted | OutletState::Offline | OutletState::Disabled | OutletState::SwitchedOn => {
                Some(self.whom_to_call(language))
            }
            OutletState::Available
            | OutletState::Starting
            | OutletState::Energized
            | OutletState::Charging
            | OutletState::Paused
            | OutletState::Stopping => None,
        }
    }

    /// A sentence that tells somebody to ask, and whom.
    pub(super) fn and_whom(&self, said: &str, language: Language) -> String {
        after(said, &self.whom_to_call(language), language)
    }

    /// In a sentence: the contact that labels print, or the manager, whose own address is nobody's to give away.
    fn whom_to_call(&self, language: Language) -> String {
        let w = ResidentWords::of(language);
        match &self.contact {
            Some(contact) => call(contact, language),
            None => w.call_manager.to_owned(),
        }
    }

    /// Whether nobody holds it but whoever reads, and it can be used.
    pub(super) fn is_free_for(&self, person_id: &str) -> bool {
        let is_theirs = |hold: &Reservation| hold.driver_id == person_id;
        let is_seen = self.outlet.breaker != Breaker::Unknown;
        self.outlet.state == OutletState::Available && is_seen && self.hold.as_ref().is_none_or(is_theirs)
    }

    /// What it is made for.
    pub(super) fn rating(&self) -> String {
        let volts = self.outlet.rated_mv / 1000;
        format!("{volts} V {}", figures::amperes(self.outlet.rated_ma))
    }

    /// The most that flows, in watts.
    pub(super) fn full_power_w(&self) -> i64 {
        self.outlet.rated_mv.saturating_mul(self.outlet.rated_ma) / 1_000_000
    }
}

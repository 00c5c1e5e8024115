//! An outlet as the pages know it: what it is doing, where, and at what price.

use api_spec::rest;
use foundation::{Conn, DbError};
use jiff::tz::TimeZone;

use super::figures;
use super::sentence::sentence;
use crate::http::Language;
use crate::operations::list_outlets::with_session;
use crate::operations::local_days;
use crate::operations::pricing::{Pricing, pricing_for};
use crate::store::outlets::{self, Known};
use crate::store::sites::{self, Site};

pub(super) struct Place {
    pub(super) outlet: rest::Outlet,
    pub(super) site: Site,
    pub(super) zone: TimeZone,
    pub(super) pricing: Option<Pricing>,
    /// Since when its controller is as it is, connected or not.
    controller_since: Option<i64>,
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
    Ok(Some(Place {
        pricing: pricing_for(conn, &known.0, &site, now_us)?,
        controller_since: known.2.online_changed_at,
        outlet: with_session(conn, known)?,
        zone: local_days::zone(&site.zone),
        site,
    }))
}

impl Place {
    pub(super) fn sentence(&self, language: Language) -> String {
        sentence(&self.outlet, self.controller_since, &self.zone, language)
    }

    /// What energy costs here, in words.
    pub(super) fn price(&self, language: Language) -> Option<String> {
        let terms = &self.pricing.as_ref()?.terms;
        let bands = terms.bands.iter().map(|band| band.energy_milliyen_per_kwh);
        let all = || bands.clone().chain([terms.energy_milliyen_per_kwh]);
        let (least, most) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
        let mut text = figures::price(most, language);
        if least != most {
            let least = figures::price(least, language);
            text = match language {
                Language::Japanese => format!("時間帯により {least}〜{text}"),
                Language::English => format!("{least} to {text} by the time of day"),
            };
        }
        if terms.fixed_yen > 0 {
            let fixed = figures::yen(terms.fixed_yen, language);
            text = match language {
                Language::Japanese => format!("{text} + 1回 {fixed}"),
                Language::English => format!("{text} + {fixed} for each charge"),
            };
        }
        Some(text)
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

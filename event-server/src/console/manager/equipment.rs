//! A site's controllers: whether they are there, what they run, what troubles them.

use actix_web::{HttpResponse, web};
use api_spec::webhook::Breaker;
use askama::Template;
use foundation::{Conn, DbError};

use super::super::figures;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::{ManagerWords, controller_problem, filled};
use super::tabs::{self, SiteFrame, Tab};
use crate::http::Language;
use crate::operations::local_days;
use crate::store::controller_buses::{self, ControllerBus};
use crate::store::controller_problems::{self, ControllerProblem};
use crate::store::controllers::{self, Controller};
use crate::store::{name, outlets};

/// Clocks that are no further apart agree: a message may be on its way for as long.
const AGREES_MS: u64 = 1_000;
/// From so many failed requests of ten thousand on, a bus is called poor.
const POOR_PER_MYRIAD: i64 = 100;

#[derive(Template)]
#[template(path = "equipment.html")]
struct EquipmentPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    controllers: Vec<Card>,
}

struct Card {
    name: String,
    station_id: String,
    online: bool,
    since: Option<String>,
    model: String,
    firmware: String,
    protocol: String,
    security_profile: i32,
    booted: String,
    last_contact: String,
    clock: String,
    certificate: String,
    buses: Vec<BusLine>,
    /// What, and since when.
    problems: Vec<(String, String)>,
    /// Names of outlets whose breaker does not answer.
    unseen: String,
}

/// How a bus answers, in words.
struct BusLine {
    name: String,
    figures: String,
    kinds: String,
    is_poor: bool,
}

/// What is read of a controller.
struct Known {
    row: Controller,
    problems: Vec<ControllerProblem>,
    unseen: Vec<String>,
    buses: Vec<ControllerBus>,
    heard_at: Option<i64>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = page(&visit, &id).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let site_id = seen.site.id.clone();
    let known = visit.context.db.read(move |conn| read(conn, &site_id)).await?;
    let zone = local_days::zone(&seen.site.zone);
    let moment = |at| figures::moment(at, &zone, visit.language);
    let day = |at| figures::full_moment(at, &zone, visit.language);
    let cards = known
        .into_iter()
        .map(|known| card(known, visit.language, (&moment, &day)));
    let controllers = cards.collect();
    let (frame, site) = seen.frames(visit, Tab::Equipment);
    let w = ManagerWords::of(visit.language);
    Ok(visit.page(&EquipmentPage {
        frame,
        site,
        w,
        controllers,
    }))
}

fn read(conn: &mut Conn, site_id: &str) -> Result<Vec<Known>, DbError> {
    let rows = controllers::list_of_site(conn, site_id)?;
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let buses = controller_buses::list(conn, &ids)?;
    let outlets = outlets::list_known_of_site(conn, site_id)?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let is_its = |known: &&outlets::Known| known.2.id == row.id;
        let unseen = outlets.iter().filter(is_its).filter(|known| is_unseen(known));
        all.push(Known {
            unseen: unseen.map(|(outlet, _, _)| outlet.name.clone()).collect(),
            problems: controller_problems::list_standing(conn, &row.id)?,
            buses: buses
                .iter()
                .filter(|bus| bus.controller_id == row.id)
                .cloned()
                .collect(),
            heard_at: outlets
                .iter()
                .filter(is_its)
                .filter_map(|(_, current, _)| current.received_at)
                .max(),
            row,
        });
    }
    Ok(all)
}

/// Of a controller that is there; of another nothing is known.
fn is_unseen((_, current, controller): &outlets::Known) -> bool {
    controller.online && current.breaker == name(Breaker::Unknown)
}

type Told<'a> = &'a dyn Fn(i64) -> String;

fn card(known: Known, language: Language, (moment, day): (Told<'_>, Told<'_>)) -> Card {
    let (row, w) = (known.row, ManagerWords::of(language));
    let unknown = || "–".to_owned();
    // Some models are called by their vendor's name already.
    let vendor = row.vendor.filter(|vendor| {
        let model = row.model.as_deref().unwrap_or_default();
        !model.starts_with(vendor.as_str())
    });
    let model = [vendor, row.model].into_iter().flatten().collect::<Vec<_>>();
    let problems = known.problems.iter();
    Card {
        name: row.name,
        station_id: row.station_id,
        online: row.online,
        since: row.online_changed_at.map(moment),
        model: if model.is_empty() {
            unknown()
        } else {
            model.join(" ")
        },
        firmware: row.firmware.unwrap_or_else(unknown),
        protocol: row.ocpp_version.unwrap_or_else(unknown),
        security_profile: row.security_profile,
        booted: row.booted_at.map_or_else(unknown, moment),
        last_contact: known.heard_at.map_or_else(unknown, moment),
        clock: row.clock_ahead_ms.map_or_else(unknown, |ms| clock(ms, w)),
        certificate: row
            .certificate_ends_at
            .map_or_else(|| w.password_alone.to_owned(), day),
        buses: known.buses.iter().map(|bus| bus_line(bus, w)).collect(),
        problems: problems
            .map(|row| {
                (
                    controller_problem(&row.problem, language).to_owned(),
                    moment(row.said_at),
                )
            })
            .collect(),
        unseen: known.unseen.join(", "),
    }
}

/// `12.3 s ahead`.
fn clock(ahead_ms: i64, w: &ManagerWords) -> String {
    let apart_ms = ahead_ms.unsigned_abs();
    if apart_ms <= AGREES_MS {
        return w.clock_right.to_owned();
    }
    let text = if ahead_ms > 0 {
        w.clock_ahead
    } else {
        w.clock_behind
    };
    let by = format!("{}.{}", apart_ms / 1000, apart_ms % 1000 / 100);
    filled(text, &[("by", by)])
}

fn bus_line(bus: &ControllerBus, w: &ManagerWords) -> BusLine {
    let failed = bus.failed();
    let per_myriad = failed.saturating_mul(10_000) / bus.requests.max(1);
    let share = match (failed, per_myriad) {
        (1.., 0) => "< 0.01".to_owned(),
        _ => format!("{}.{:02}", per_myriad / 100, per_myriad % 100),
    };
    let values = [
        ("failed", figures::grouped(failed)),
        ("requests", figures::grouped(bus.requests)),
        ("share", share),
        ("minutes", ((bus.over_s + 59) / 60).to_string()),
    ];
    let kinds = [
        (w.bus_timeouts, bus.timeouts),
        (w.bus_checksums, bus.checksums),
        (w.bus_mismatches, bus.mismatches),
        (w.bus_refusals, bus.refusals),
        (w.bus_line_errors, bus.line_errors),
    ];
    let told = kinds.into_iter().filter(|(_, count)| *count > 0);
    let told = told.map(|(text, count)| filled(text, &[("n", figures::grouped(count))]));
    BusLine {
        name: bus.name.clone(),
        figures: filled(w.bus_of, &values),
        kinds: told.collect::<Vec<_>>().join(" · "),
        is_poor: per_myriad >= POOR_PER_MYRIAD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bus(requests: i64, timeouts: i64) -> ControllerBus {
        ControllerBus {
            controller_id: "ctl_1".into(),
            name: "outlets".into(),
            said_at: 0,
            over_s: 600,
            requests,
            timeouts,
            checksums: 1,
            mismatches: 0,
            refusals: 0,
            line_errors: 0,
        }
    }

    #[test]
    fn a_bus_is_told_by_its_share_of_failed_requests_and_called_poor_from_one_per_cent_on() {
        let w = ManagerWords::of(Language::English);
        let well = bus_line(&bus(12_000, 2), w);
        assert_eq!(well.figures, "3 of 12,000 failed (0.02 %) in 10 min");
        assert_eq!(well.kinds, "2 unanswered · 1 damaged");
        assert!(!well.is_poor);
        assert!(!bus_line(&bus(12_000, 118), w).is_poor);
        assert!(bus_line(&bus(12_000, 119), w).is_poor);
        let rare = bus_line(&bus(41_220, 1), w);
        assert_eq!(rare.figures, "2 of 41,220 failed (< 0.01 %) in 10 min");
        let nothing_asked = bus_line(&bus(0, 0), w);
        assert!(nothing_asked.figures.starts_with("1 of 0"));
    }

    #[test]
    fn a_clock_is_told_from_more_than_a_second_on() {
        let w = ManagerWords::of(Language::English);
        assert_eq!(clock(-1_000, w), "right to the second");
        assert_eq!(clock(1_001, w), "1.0 s ahead");
        assert_eq!(clock(-62_350, w), "62.3 s behind");
    }
}

//! Who may charge at a site: inviting, blocking, moving out.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{DriverChange, Time};
use askama::Template;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::figures;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::ManagerWords;
use super::tabs::{self, SiteFrame, Tab};
use crate::error::Refusal;
use crate::operations::drivers as operations;
use crate::operations::expected::Expected;
use crate::operations::local_days;
use crate::store::drivers::{self, Driver};

const MAX_PEOPLE: i64 = 1000;
/// How long the auth-server's invitations are good.
const GOOD_US: i64 = 7 * DAY_US;
const DAY_US: i64 = 86_400 * 1_000_000;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    invite: String,
    /// The last whole day of an invitation that is made now, in the form of a date.
    good_until: String,
    people: Vec<Person>,
}

struct Person {
    id: String,
    name: String,
    unit: String,
    blocked: bool,
    has_left: bool,
    /// The last day, as `2026-12-31`.
    leaves: String,
}

/// What the form of one person says.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub(super) enum Change {
    Block,
    Unblock,
    Leave { last_day: String },
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = page(&visit, &id).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let (tenant_id, site_id) = (seen.site.tenant_id.clone(), seen.site.id.clone());
    let read = visit
        .context
        .db
        .read(move |conn| drivers::list_of_site(conn, &tenant_id, &site_id, MAX_PEOPLE));
    let zone = local_days::zone(&seen.site.zone);
    let people = read
        .await?
        .into_iter()
        .map(|row| person(row, &zone, visit.now_us));
    let mut people: Vec<Person> = people.collect();
    people.sort_by(|a, b| (&a.unit, &a.name).cmp(&(&b.unit, &b.name)));
    let invite = visit.pages.invite_url(&seen.site.id, &seen.site.name);
    let (frame, site) = seen.frames(visit, Tab::People);
    let w = ManagerWords::of(visit.language);
    let good_until = visit.now_us.saturating_add(GOOD_US - DAY_US);
    let good_until = figures::written(good_until, &zone, "%Y-%m-%d");
    Ok(visit.page(&PeoplePage {
        frame,
        site,
        w,
        invite,
        good_until,
        people,
    }))
}

fn person(row: Driver, zone: &TimeZone, now_us: i64) -> Person {
    // What is kept is the moment after which they may not charge: the end of their last day.
    let last_day = |until: i64| figures::written(until.saturating_sub(1), zone, "%Y-%m-%d");
    Person {
        name: row.name.unwrap_or_else(|| row.id.clone()),
        id: row.id,
        unit: row.unit.unwrap_or_default(),
        blocked: row.blocked,
        has_left: row.valid_until.is_some_and(|until| until <= now_us),
        leaves: row.valid_until.map(last_day).unwrap_or_default(),
    }
}

pub(super) async fn change(acting: Acting<Change>, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = changed(&acting, path.into_inner()).await;
    acting.answered(shown)
}

async fn changed(acting: &Acting<Change>, (site_id, person_id): (String, String)) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, &site_id).await?;
    let nothing = DriverChange::default();
    let change = match &acting.form {
        Change::Block => DriverChange {
            blocked: Some(true),
            ..nothing
        },
        Change::Unblock => DriverChange {
            blocked: Some(false),
            ..nothing
        },
        Change::Leave { last_day } => {
            let zone = local_days::zone(&seen.site.zone);
            let bad = NoPage::Said(StatusCode::BAD_REQUEST, ManagerWords::of(visit.language).bad_date);
            DriverChange {
                valid_until: Some(end_of(last_day, &zone).ok_or(bad)?),
                ..nothing
            }
        }
    };
    let named = (seen.site.tenant_id, person_id);
    let resource = format!("/v1/drivers/{}", named.1);
    let of_site = site_id.clone();
    acting
        .transact(resource, move |tx| {
            // Of another site, they are not there for this manager.
            let known = drivers::find(tx.conn, &named.0, &named.1)?;
            let is_here = known.is_some_and(|row| row.sites.contains(&format!("\"{of_site}\"")));
            if !is_here {
                return Err(Refusal::NotFound("driver"));
            }
            operations::change(tx, &named, &Expected::Any, change)
        })
        .await?;
    Ok(visit.redirect(&format!("/sites/{site_id}/people")))
}

/// When a day is over; nothing for no day, `None` for what is none.
fn end_of(text: &str, zone: &TimeZone) -> Option<Option<Time>> {
    if text.trim().is_empty() {
        return Some(None);
    }
    let day: Date = text.trim().parse().ok()?;
    let end = day.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    Some(Some(Time(end.timestamp().as_microsecond())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_day_ends_at_the_sites_midnight() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let end = end_of("2026-12-31", &zone).unwrap().unwrap();
        assert_eq!(end.to_string(), "2026-12-31T15:00:00.000Z");
        assert!(end_of(" ", &zone) == Some(None) && end_of("31.12.", &zone).is_none());
    }
}

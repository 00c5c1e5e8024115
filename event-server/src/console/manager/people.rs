//! Who may charge at a site: inviting, blocking, moving out.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{DriverChange, Time};
use askama::Template;
use foundation::DbError;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::figures;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::ManagerWords;
use super::sure::{self, Asked};
use super::tabs::{self, Seen, SiteFrame, Tab};
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
    /// Whose letter is to be made.
    letter_unit: String,
    people: Vec<Person>,
    saved: bool,
    /// Why nothing was saved.
    problem: Option<&'static str>,
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

/// What the way to this page says: what was done before, and of whom a letter is to be made.
#[derive(Default, Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    saved: bool,
    #[serde(default)]
    unit: String,
    until: Option<Date>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>, query: web::Query<Query>) -> HttpResponse {
    let shown = match tabs::open(&visit, &id).await {
        Ok(seen) => page(&visit, &seen, (query.0, None)).await,
        Err(no_page) => Err(no_page),
    };
    visit.answered(shown)
}

async fn page(visit: &Visit, seen: &Seen, (query, problem): (Query, Option<&'static str>)) -> Shown {
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
    let good_until = match query.until {
        Some(until) => until.to_string(),
        None => figures::written(good_until, &zone, "%Y-%m-%d"),
    };
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    let page = PeoplePage {
        frame,
        site,
        w,
        invite,
        good_until,
        people,
        letter_unit: query.unit,
        saved: query.saved,
        problem,
    };
    Ok(visit.page_with(status, &page))
}

/// Asks once more before somebody is blocked.
pub(super) async fn ask(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = asked(&visit, path.into_inner()).await;
    visit.answered(shown)
}

async fn asked(visit: &Visit, (site_id, person_id): (String, String)) -> Shown {
    let seen = tabs::open_to_change(visit, &site_id).await?;
    let person = find(visit, &seen, person_id).await?.ok_or(NoPage::NothingHere)?;
    let w = ManagerWords::of(visit.language);
    let name = person.name.unwrap_or_else(|| person.id.clone());
    let asked = Asked {
        title: format!("{}: {name}", w.block),
        text: w.block_sure.to_owned(),
        action: format!("/sites/{site_id}/people/{}", person.id),
        fields: vec![("what", "block".to_owned())],
        button: format!("{}: {name}", w.block),
        back: format!("/sites/{site_id}/people"),
    };
    Ok(sure::page(visit, &seen, (Tab::People, asked)))
}

/// Somebody of the site; of another site, they are not there for this manager.
async fn find(visit: &Visit, seen: &Seen, person_id: String) -> Result<Option<Driver>, NoPage> {
    let (tenant_id, site_id) = (seen.site.tenant_id.clone(), seen.site.id.clone());
    let read = visit.context.db.read(move |conn| {
        let known = drivers::find(conn, &tenant_id, &person_id)?;
        Ok::<_, DbError>(known.filter(|row| is_of(row, &site_id)))
    });
    Ok(read.await?)
}

fn is_of(row: &Driver, site_id: &str) -> bool {
    row.sites.contains(&format!("\"{site_id}\""))
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
            let w = ManagerWords::of(visit.language);
            let Some(end) = end_of(last_day, &zone) else {
                return page(visit, &seen, (Query::default(), Some(w.bad_date))).await;
            };
            let person = find(visit, &seen, person_id.clone()).await?;
            let began_us = person.map(|person| person.valid_from.unwrap_or(person.created_at));
            if end.is_some_and(|end| began_us.is_some_and(|began_us| end.0 <= began_us)) {
                return page(visit, &seen, (Query::default(), Some(w.leaves_before))).await;
            }
            DriverChange {
                valid_until: Some(end),
                ..nothing
            }
        }
    };
    let named = (seen.site.tenant_id, person_id);
    let resource = format!("/v1/drivers/{}", named.1);
    let of_site = site_id.clone();
    acting
        .transact(resource, move |tx| {
            let known = drivers::find(tx.conn, &named.0, &named.1)?;
            if !known.is_some_and(|row| is_of(&row, &of_site)) {
                return Err(Refusal::NotFound("driver"));
            }
            operations::change(tx, &named, &Expected::Any, change)
        })
        .await?;
    Ok(visit.redirect(&format!("/sites/{site_id}/people?saved=true")))
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

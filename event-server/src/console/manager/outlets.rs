//! A site's outlets: their labels and codes, their meters' classes, and whether they are in use.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{MeterClass, OutletChange};
use askama::Template;
use foundation::DbError;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::figures;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{FaultWords, LabelWords, ManagerWords, PresenceWords, fault};
use super::check_label::Found;
use super::label_batches::{self, Line as Batch};
use super::tabs::{self, Done, SiteFrame, Tab};
use crate::context::Tx;
use crate::error::Refusal;
use crate::operations::change_outlet::change_outlet;
use crate::operations::check_label::checks_of;
use crate::operations::expected::Expected;
use crate::operations::local_days;
use crate::operations::public_code;
use crate::operations::resources::to_clear;
use crate::operations::rotate_code::rotate_code;
use crate::store::outlets::{self, Outlet};
use crate::store::parse;
use crate::store::places::{Named, site_of};
use crate::store::sites::Site;

/// So long before its term ends, a meter should be replaced.
const WARN_US: i64 = 90 * 86_400 * 1_000_000;
const MAX_UNIT: usize = 50;
const MAX_HINT: usize = 200;
const MAX_REASON: usize = 200;

#[derive(Template)]
#[template(path = "outlets.html")]
struct OutletsPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    p: &'static PresenceWords,
    labels: &'static LabelWords,
    f: &'static FaultWords,
    outlets: Vec<Line>,
    batches: Vec<Batch>,
    saved: bool,
}

struct Line {
    id: String,
    name: String,
    unit: String,
    hint: String,
    code: String,
    shown_code: String,
    class: &'static str,
    valid_until: Option<String>,
    /// What to do about the meter.
    warning: Option<&'static str>,
    disabled: Option<String>,
    check: Found,
    /// What has to be cleared before it can be used again.
    fault: Option<&'static str>,
}

/// What the form of one outlet says.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub(super) enum Change {
    Unit { unit: String },
    Hint { hint: String },
    Disable { reason: String },
    Enable,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>, query: web::Query<Done>) -> HttpResponse {
    let shown = page(&visit, &id, query.saved).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str, saved: bool) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let (site, language) = (seen.site.clone(), visit.language);
    let read = visit.context.db.read(move |conn| {
        let known = outlets::list_known_of_site(conn, &site.id)?;
        let (outlets, faults): (Vec<Outlet>, Vec<Option<&str>>) = known
            .into_iter()
            .map(|(outlet, current, _)| {
                let cause = to_clear(&current);
                (outlet, cause.map(|cause| fault(Some(&cause), language)))
            })
            .unzip();
        let checks = checks_of(conn, &outlets)?;
        let batches = label_batches::lines(conn, &site, language)?;
        Ok::<_, DbError>((outlets, faults, checks, batches))
    });
    let (outlets, faults, checks, batches) = read.await?;
    let zone = local_days::zone(&seen.site.zone);
    let day = |at_us: i64| figures::written(at_us, &zone, "%Y-%m-%d");
    let days = [day(visit.now_us), day(visit.now_us.saturating_add(WARN_US))];
    let w = ManagerWords::of(visit.language);
    let found = checks.into_iter().map(|check| Found::of(check, &zone, language));
    let lines = outlets
        .into_iter()
        .zip(faults)
        .zip(found)
        .map(|((outlet, fault), check)| line((outlet, fault, check), w, &days));
    let (frame, site) = seen.frames(visit, Tab::Outlets);
    let page = OutletsPage {
        frame,
        site,
        w,
        p: PresenceWords::of(visit.language),
        labels: LabelWords::of(language),
        f: FaultWords::of(language),
        outlets: lines.collect(),
        batches,
        saved,
    };
    Ok(visit.page(&page))
}

fn line(
    (outlet, fault, check): (Outlet, Option<&'static str>, Found),
    w: &'static ManagerWords,
    [today, soon]: &[String; 2],
) -> Line {
    let class = outlet.meter_class.as_deref().and_then(|class| parse(class).ok());
    let until = outlet.meter_valid_until;
    let warning = until.as_ref().and_then(|until| match until {
        until if until < today => Some(w.expired),
        until if until < soon => Some(w.expires_soon),
        _ => None,
    });
    Line {
        class: match class {
            Some(MeterClass::Verified) => w.verified,
            Some(MeterClass::Certified) => w.certified,
            Some(MeterClass::Indicative) => w.indicative,
            None => w.class_unknown,
        },
        valid_until: until,
        warning,
        shown_code: public_code::shown(&outlet.public_code),
        code: outlet.public_code,
        id: outlet.id,
        name: outlet.name,
        unit: outlet.unit.unwrap_or_default(),
        hint: outlet.place_hint.unwrap_or_default(),
        disabled: outlet.disabled_reason,
        check,
        fault,
    }
}

pub(super) async fn change(acting: Acting<Change>, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = changed(&acting, path.into_inner()).await;
    acting.answered(shown)
}

async fn changed(acting: &Acting<Change>, (site_id, outlet_id): (String, String)) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, &site_id).await?;
    let bad = || NoPage::Said(StatusCode::BAD_REQUEST, ManagerWords::of(visit.language).bad_text);
    let nothing = OutletChange::default();
    let change = match &acting.form {
        Change::Unit { unit } if is_short(unit.trim(), MAX_UNIT) => OutletChange {
            unit: Some(Some(unit.trim().to_owned()).filter(|unit| !unit.is_empty())),
            ..nothing
        },
        Change::Hint { hint } if is_short(hint.trim(), MAX_HINT) => OutletChange {
            place_hint: Some(Some(hint.trim().to_owned()).filter(|hint| !hint.is_empty())),
            ..nothing
        },
        Change::Disable { reason } if is_reason(reason.trim()) => OutletChange {
            enabled: Some(false),
            disabled_reason: Some(reason.trim().to_owned()),
            ..nothing
        },
        Change::Enable => OutletChange {
            enabled: Some(true),
            ..nothing
        },
        Change::Unit { .. } | Change::Hint { .. } | Change::Disable { .. } => return Err(bad()),
    };
    at_outlet(acting, seen.site, outlet_id, move |tx, named| {
        change_outlet(tx, named, &Expected::Any, &change)
    })
    .await?;
    Ok(visit.redirect(&format!("/sites/{site_id}/outlets?saved=true")))
}

fn is_short(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// Whether it can be told why an outlet is out of use.
pub(super) fn is_reason(text: &str) -> bool {
    !text.is_empty() && is_short(text, MAX_REASON)
}

pub(super) async fn rotate(acting: Acting<()>, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = rotated(&acting, path.into_inner()).await;
    acting.answered(shown)
}

async fn rotated(acting: &Acting<()>, (site_id, outlet_id): (String, String)) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, &site_id).await?;
    let public_url = visit.pages.public_url.clone();
    at_outlet(acting, seen.site, outlet_id, move |tx, named| {
        rotate_code(tx, named, &public_url)
    })
    .await?;
    Ok(visit.redirect(&format!("/sites/{site_id}/outlets?saved=true")))
}

/// Does something to an outlet of the site, named by its tenant and its id. One of another site is not there for who looks
/// after this one.
pub(super) async fn at_outlet<F, R: Send + 'static>(
    acting: &Acting<F>,
    site: Site,
    outlet_id: String,
    does: impl FnOnce(&mut Tx<'_>, &(String, String)) -> Result<R, Refusal> + Send + 'static,
) -> Result<R, Refusal> {
    let named = (site.tenant_id, outlet_id);
    let act = acting.transact(format!("/v1/outlets/{}", named.1), move |tx| {
        let found = site_of(tx.conn, &named.0, Named::Outlet, &named.1)?;
        match found.as_ref() == Some(&site.id) {
            true => does(tx, &named),
            false => Err(Refusal::NotFound("outlet")),
        }
    });
    act.await
}

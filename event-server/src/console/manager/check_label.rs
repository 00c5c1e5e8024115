//! The label check: whoever looks after a site scans each label and says whether it is stuck at its own outlet.

use actix_web::{HttpResponse, web};
use api_spec::rest::Time;
use foundation::{Conn, DbError};
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::figures;
use super::super::place::{self, Place};
use super::super::visit::{NoPage, Shown, Visit};
use super::super::words::LabelWords;
use super::tabs;
use crate::http::Language;
use crate::operations::check_label::{Checked, check_label, checks_of};
use crate::operations::public_code;
use crate::store::outlets;

/// What stands under an outlet's card for those who look after it.
pub(in crate::console) struct LabelCheck {
    pub(in crate::console) w: &'static LabelWords,
    pub(in crate::console) last: Found,
    /// The site's page of labels, and what prints this one.
    pub(in crate::console) outlets: String,
    pub(in crate::console) print: String,
}

/// What was found when the label was last checked, in words.
pub(in crate::console) struct Found {
    /// `None`: nobody has checked it.
    pub(in crate::console) is_right: Option<bool>,
    pub(in crate::console) text: String,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    is_right: bool,
}

impl Found {
    pub(super) fn of(check: Option<Checked>, zone: &jiff::tz::TimeZone, language: Language) -> Self {
        let w = LabelWords::of(language);
        let Some(Checked {
            is_right,
            at: Time(at),
            by,
        }) = check
        else {
            return Self {
                is_right: None,
                text: w.unchecked.to_owned(),
            };
        };
        let found = if is_right { w.was_right } else { w.was_wrong };
        let at = figures::full_moment(at, zone, language);
        Self {
            is_right: Some(is_right),
            text: format!("{found} – {at}, {by}"),
        }
    }
}

/// What to ask whoever looks at an outlet; `None` for those who do not look after it.
pub(in crate::console) async fn to_ask(visit: &Visit, place: &Place) -> Result<Option<LabelCheck>, NoPage> {
    let looks_after = visit
        .viewer
        .as_ref()
        .is_some_and(|viewer| viewer.tenant_id == place.site.tenant_id && viewer.may_change(&place.site.id));
    if !looks_after {
        return Ok(None);
    }
    let named = (place.site.tenant_id.clone(), place.outlet.id.clone());
    let read = visit.context.db.read(move |conn| last(conn, &named));
    let path = format!("/sites/{}", place.site.id);
    Ok(Some(LabelCheck {
        w: LabelWords::of(visit.language),
        last: Found::of(read.await?, &place.zone, visit.language),
        print: format!("{path}/labels.pdf?outlet={}", place.outlet.id),
        outlets: format!("{path}/outlets"),
    }))
}

fn last(conn: &mut Conn, (tenant_id, id): &(String, String)) -> Result<Option<Checked>, DbError> {
    let Some((outlet, _, _)) = outlets::find_known(conn, tenant_id, id)? else {
        return Ok(None);
    };
    let mut checks = checks_of(conn, &[outlet])?;
    Ok(checks.pop().flatten())
}

pub(super) async fn answer(acting: Acting<Answer>, code: web::Path<String>) -> HttpResponse {
    let shown = answered(&acting, &code).await;
    acting.answered(shown)
}

async fn answered(acting: &Acting<Answer>, code: &str) -> Shown {
    let visit = &acting.visit;
    let code = public_code::read(code).ok_or(NoPage::NothingHere)?;
    let (scanned, now_us) = (code.clone(), visit.now_us);
    let read = visit
        .context
        .db
        .read(move |conn| place::by_code(conn, &scanned, now_us));
    let place = read.await?.ok_or(NoPage::NothingHere)?;
    let seen = tabs::open_to_change(visit, &place.site.id).await?;
    let named = (seen.site.tenant_id, place.outlet.id);
    let (viewer, is_right) = (seen.viewer, acting.form.is_right);
    let label = code.clone();
    acting
        .transact(format!("/v1/outlets/{}", named.1), move |tx| {
            check_label(tx, &named, (&label, is_right), (&viewer.person_id, &viewer.name))
        })
        .await?;
    Ok(visit.redirect(&format!("/o/{code}")))
}

//! Of which alarms whoever looks after a site is written to.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use foundation::mail::is_address;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{ManagerWords, NoticeWords};
use super::tabs::{self, Done, SiteFrame, Tab};
use crate::operations::notices::AlarmLevel;
use crate::store::notices::{self, AlarmNotice};
use crate::store::{name, parse};

#[derive(Template)]
#[template(path = "alarm_notices.html")]
struct NoticesPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    n: &'static NoticeWords,
    email: String,
    /// Value, text, whether it is chosen.
    levels: [(&'static str, &'static str, bool); 3],
    /// Id, name, address.
    others: Vec<(String, String, String)>,
    saved: bool,
}

/// What the form of one's own says.
#[derive(Deserialize)]
pub(super) struct Wish {
    email: String,
    level: AlarmLevel,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>, query: web::Query<Done>) -> HttpResponse {
    let shown = page(&visit, &id, query.saved).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str, saved: bool) -> Shown {
    let seen = tabs::open(visit, id).await?;
    if !visit.pages.sends_mail {
        return Err(NoPage::NothingHere);
    }
    let site_id = seen.site.id.clone();
    let read = visit
        .context
        .db
        .read(move |conn| notices::list_of_alarms(conn, &site_id));
    let (own, others): (Vec<AlarmNotice>, Vec<AlarmNotice>) = read
        .await?
        .into_iter()
        .partition(|notice| notice.person_id == seen.viewer.person_id);
    let own = own.into_iter().next();
    let level = own.as_ref().map(|notice| parse(&notice.level)).transpose()?;
    let level = level.unwrap_or(AlarmLevel::Critical);
    let n = NoticeWords::of(visit.language);
    let (frame, site) = seen.frames(visit, Tab::Settings);
    let page = NoticesPage {
        frame,
        site,
        w: ManagerWords::of(visit.language),
        n,
        email: own.map(|notice| notice.email).unwrap_or_default(),
        levels: [
            ("none", n.none, level == AlarmLevel::None),
            ("critical", n.critical, level == AlarmLevel::Critical),
            ("all", n.all, level == AlarmLevel::All),
        ],
        others: others
            .into_iter()
            .filter(|notice| !notice.email.is_empty())
            .map(|notice| (notice.person_id, notice.name, notice.email))
            .collect(),
        saved,
    };
    Ok(visit.page(&page))
}

pub(super) async fn change(acting: Acting<Wish>, id: web::Path<String>) -> HttpResponse {
    let shown = changed(&acting, &id).await;
    acting.answered(shown)
}

async fn changed(acting: &Acting<Wish>, id: &str) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open(visit, id).await?;
    let email = acting.form.email.trim().to_owned();
    let level = acting.form.level;
    if level != AlarmLevel::None && !is_address(&email) {
        let w = NoticeWords::of(visit.language);
        return Err(NoPage::Said(StatusCode::BAD_REQUEST, w.bad_email));
    }
    let wish = AlarmNotice {
        site_id: seen.site.id,
        person_id: seen.viewer.person_id,
        name: seen.viewer.name,
        // Who wishes no mails leaves no address.
        email: if level == AlarmLevel::None {
            String::new()
        } else {
            email
        },
        language: visit.language.code().to_owned(),
        level: name(level),
        changed_at: visit.now_us,
    };
    acting
        .transact(format!("/v1/sites/{id}"), move |tx| {
            notices::replace_of_alarms(tx.conn, &wish)
        })
        .await?;
    Ok(visit.redirect(&format!("/sites/{id}/notices?saved=true")))
}

/// Of somebody who looks after the site no more.
pub(super) async fn remove(acting: Acting<()>, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = removed(&acting, path.into_inner()).await;
    acting.answered(shown)
}

async fn removed(acting: &Acting<()>, (site_id, person_id): (String, String)) -> Shown {
    let visit = &acting.visit;
    tabs::open_to_change(visit, &site_id).await?;
    let of_site = site_id.clone();
    acting
        .transact(format!("/v1/sites/{site_id}"), move |tx| {
            let now_us = tx.now_us;
            notices::silence_alarms(tx.conn, (&of_site, &person_id), &name(AlarmLevel::None), now_us)
        })
        .await?;
    Ok(visit.redirect(&format!("/sites/{site_id}/notices")))
}

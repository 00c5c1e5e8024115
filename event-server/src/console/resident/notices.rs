//! Whether somebody wishes a mail at the end of their charges.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use foundation::mail::is_address;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::visit::{NoPage, Shown, Visit};
use super::super::words::NoticeWords;
use crate::store::notices::{self, ChargeNotice};

/// What a page says of it; nothing where nobody can be written to.
pub(super) struct Notice {
    pub(super) w: &'static NoticeWords,
    pub(super) email: Option<String>,
}

/// What the form says.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub(in crate::console) enum Wish {
    Save { email: String },
    Stop,
}

pub(super) async fn shown(visit: &Visit) -> Result<Option<Notice>, NoPage> {
    if !visit.pages.sends_mail {
        return Ok(None);
    }
    let viewer = visit.viewer()?.clone();
    let read = visit
        .context
        .db
        .read(move |conn| notices::find_of_charges(conn, &viewer.tenant_id, &viewer.person_id));
    Ok(Some(Notice {
        w: NoticeWords::of(visit.language),
        email: read.await?.map(|notice| notice.email),
    }))
}

pub(in crate::console) async fn change(acting: Acting<Wish>) -> HttpResponse {
    let shown = changed(&acting).await;
    acting.answered(shown)
}

async fn changed(acting: &Acting<Wish>) -> Shown {
    let (visit, viewer) = (&acting.visit, acting.viewer.clone());
    if !visit.pages.sends_mail {
        return Err(NoPage::NothingHere);
    }
    let email = match &acting.form {
        Wish::Stop => None,
        Wish::Save { email } if is_address(email.trim()) => Some(email.trim().to_owned()),
        Wish::Save { .. } => {
            let w = NoticeWords::of(visit.language);
            return Err(NoPage::Said(StatusCode::BAD_REQUEST, w.bad_email));
        }
    };
    let language = visit.language.code().to_owned();
    acting
        .transact(
            format!("/v1/drivers/{}", viewer.person_id),
            move |tx| match email {
                Some(email) => {
                    let notice = ChargeNotice {
                        tenant_id: viewer.tenant_id,
                        person_id: viewer.person_id,
                        email,
                        language,
                        agreed_at: tx.now_us,
                    };
                    notices::replace_of_charges(tx.conn, &notice)
                }
                None => notices::delete_of_charges(tx.conn, &viewer.tenant_id, &viewer.person_id),
            },
        )
        .await?;
    Ok(visit.redirect("/my"))
}

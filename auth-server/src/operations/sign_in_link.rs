//! Links by which a person signs in without a password: asked for, made, used once.

use foundation::secrets::{SecretHash, SecretKind};
use foundation::{Conn, Db, DbError};
use jiff::Timestamp;
use serde::Serialize;

use super::{OperationError, timestamp};
use crate::audit::{self, Actor, Entry, Event};
use crate::people::{Person, normal_email};
use crate::store::mails::{self, DueMail};
use crate::store::sign_in_links::{self, SignInLink};
use crate::store::{login_sessions, people};

pub(crate) const LINK_LIFE_US: i64 = 900 * 1_000_000;

/// A link just made; the only place where it can be read. No `Debug`: it holds a code.
#[derive(Clone, Serialize)]
pub struct MadeLink {
    pub url: String,
    pub expires_at: Timestamp,
}

/// Has a link sent to whoever has this address, if anybody: nobody learns whether. `request` is gone on with afterwards.
pub(crate) async fn ask(db: &Db, email: String, request: String, now_us: i64) -> Result<(), DbError> {
    let mail = DueMail {
        email,
        request,
        asked_at_us: now_us,
    };
    db.write(move |conn| mails::replace(conn, &mail)).await
}

/// By the host itself, to be handed to the person.
pub(crate) async fn by_host(
    db: &Db,
    email: &str,
    issuer: &str,
    actor: Actor,
    now_us: i64,
) -> Result<MadeLink, OperationError> {
    let (asked, issuer) = (email.to_owned(), issuer.to_owned());
    db.write(move |conn| {
        let email = normal_email(&asked).unwrap_or_default();
        let person = people::find_by_email(conn, &email)?.map(|(person, _)| person);
        let person = person.ok_or(OperationError::NoSuchPerson(asked))?;
        if person.disabled_at_us.is_some() {
            return Err(OperationError::NotAllowed {
                what: "sign-in link",
                problem: "the person is disabled",
            });
        }
        let entry = Entry::success(Event::SignInLinkCreated, actor);
        audit::append(conn, &entry, now_us)?;
        Ok(make(conn, &person, None, String::new(), (&issuer, now_us))?)
    })
    .await
}

/// The link of a mail that is about to be sent; `None` if nobody is there to get it any more.
pub(crate) async fn for_mail(
    db: &Db,
    mail: &DueMail,
    issuer: &str,
    now_us: i64,
) -> Result<Option<(Person, MadeLink)>, DbError> {
    let (mail, issuer) = (mail.clone(), issuer.to_owned());
    db.write(move |conn| {
        let person = people::find_by_email(conn, &mail.email)?.map(|(person, _)| person);
        let Some(person) = person.filter(|person| person.disabled_at_us.is_none()) else {
            return Ok(None);
        };
        let link = make(conn, &person, Some(mail.email), mail.request, (&issuer, now_us))?;
        Ok(Some((person, link)))
    })
    .await
}

/// Whom a link lets in, and what they go on to; `None` if it was used before, is over, or not ours.
pub(crate) async fn take(db: &Db, code: &str, now_us: i64) -> Result<Option<(Person, String)>, DbError> {
    let code = SecretHash::of(code);
    db.write(move |conn| {
        let Some(link) = sign_in_links::take(conn, code, now_us)? else {
            return Ok(None);
        };
        if let Some(address) = &link.sent_to {
            people::update_email_verified(conn, &link.person_id, address, now_us)?;
        }
        let person = people::find(conn, &link.person_id)?;
        let person = person.filter(|person| person.disabled_at_us.is_none());
        Ok(person.map(|person| (person, link.request)))
    })
    .await
}

fn make(
    conn: &mut Conn,
    person: &Person,
    sent_to: Option<String>,
    request: String,
    (issuer, now_us): (&str, i64),
) -> Result<MadeLink, DbError> {
    let code = SecretKind::SignInLink.generate();
    let link = SignInLink {
        person_id: person.id.clone(),
        request,
        sent_to,
        expires_at_us: now_us.saturating_add(LINK_LIFE_US),
    };
    sign_in_links::insert(conn, SecretHash::of(&code), &link)?;
    Ok(MadeLink {
        url: format!("{issuer}/login/link?code={code}"),
        expires_at: timestamp(link.expires_at_us),
    })
}

/// Whether a session began with a link a moment ago: its person may set a password without knowing the one before.
pub(crate) fn is_fresh(session: &login_sessions::LoginSession, now_us: i64) -> bool {
    let age_us = now_us.saturating_sub(session.authenticated_at_us);
    session.method == METHOD && age_us < LINK_LIFE_US
}

/// How a session began that began with a link.
pub(crate) const METHOD: &str = "link";

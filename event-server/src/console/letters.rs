//! What is written to people, in their language, when it leaves.

use api_spec::rest::{AlarmKind, SessionState};
use foundation::mail::Letter;
use foundation::{Conn, DbError};

use super::figures;
use super::words::{LetterWords, alarm, filled};
use crate::http::Language;
use crate::operations::local_days;
use crate::operations::notices::Subject;
use crate::papers::ended_reason;
use crate::store::mails::Mail;
use crate::store::{alarms, outlets, parse, sessions, sites};

/// `None`: what it was to tell of is gone.
pub(crate) fn letter(conn: &mut Conn, mail: &Mail, public_url: &str) -> Result<Option<Letter>, DbError> {
    let language = Language::from_code(&mail.language).unwrap_or_default();
    match parse(&mail.kind)? {
        Subject::Alarm => of_alarm(conn, &mail.subject_id, public_url, language),
        Subject::ChargeEnded => of_charge(conn, &mail.subject_id, public_url, language),
    }
}

fn of_alarm(
    conn: &mut Conn,
    id: &str,
    public_url: &str,
    language: Language,
) -> Result<Option<Letter>, DbError> {
    let Some(row) = alarms::find(conn, id)? else {
        return Ok(None);
    };
    let Some(site) = sites::find(conn, &row.tenant_id, &row.site_id)? else {
        return Ok(None);
    };
    let outlet = match row.outlet_key {
        Some(key) => outlets::find(conn, key)?,
        None => None,
    };
    let w = LetterWords::of(language);
    let (what, to_do) = alarm((parse::<AlarmKind>(&row.kind)?, Some(&row.cause)), language);
    let path = format!("{public_url}/sites/{}", site.id);
    let values = [
        ("site", site.name.clone()),
        ("what", what.to_owned()),
        (
            "place",
            outlet.map_or_else(|| w.panel.to_owned(), |outlet| outlet.name),
        ),
        (
            "since",
            figures::full_moment(row.opened_at, &local_days::zone(&site.zone), language),
        ),
        ("to_do", to_do.to_owned()),
        ("url", format!("{path}/alarms")),
        ("settings", format!("{path}/notices")),
    ];
    Ok(Some(Letter {
        subject: filled(w.alarm_subject, &values),
        text: filled(w.alarm, &values),
    }))
}

fn of_charge(
    conn: &mut Conn,
    id: &str,
    public_url: &str,
    language: Language,
) -> Result<Option<Letter>, DbError> {
    let Some(session) = sessions::find(conn, id)? else {
        return Ok(None);
    };
    let Some(outlet) = outlets::find(conn, session.outlet_key)? else {
        return Ok(None);
    };
    let site = sites::find(conn, &session.tenant_id, &outlet.site_id)?;
    let (Some(site), Some(ended_at)) = (site, session.ended_at) else {
        return Ok(None);
    };
    let w = LetterWords::of(language);
    let reason = session.ended_reason.as_deref().map(parse).transpose()?;
    let subject = match parse::<SessionState>(&session.state)? == SessionState::Failed {
        true => w.failed_subject,
        false => w.ended_subject,
    };
    let subject = filled(subject, &[("place", outlet.name)]);
    let cost = session.cost_yen.map(|yen| figures::yen(yen, language));
    let values = [
        ("subject", subject.clone()),
        ("site", site.name),
        (
            "until",
            figures::full_moment(ended_at, &local_days::zone(&site.zone), language),
        ),
        ("energy", figures::kwh(session.energy_wh)),
        (
            "cost",
            cost.map_or(String::new(), |yen| filled(w.cost, &[("yen", yen)])),
        ),
        (
            "reason",
            reason
                .map_or("", |reason| ended_reason(reason, language))
                .to_owned(),
        ),
        ("url", format!("{public_url}/charges/{id}")),
        ("settings", format!("{public_url}/my")),
    ];
    Ok(Some(Letter {
        text: filled(w.ended, &values),
        subject,
    }))
}

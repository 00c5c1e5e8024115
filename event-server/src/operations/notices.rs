//! Mails to those who wish them: queued in the transaction of what they tell of, sent by a job.

use api_spec::token::{AccessTokenClaims, Role};
use foundation::DbError;
use serde::{Deserialize, Serialize};

use crate::context::Tx;
use crate::store::alarms::Alarm;
use crate::store::mails::{self, NewMail};
use crate::store::notices::{self, AlarmNotice};
use crate::store::sessions::Session;
use crate::store::{name, parse, sites};

/// To one address; what comes beyond it is on the pages alone.
const MAX_PER_HOUR: i64 = 20;
const HOUR_US: i64 = 3600 * 1_000_000;

/// Of which alarms somebody wishes to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlarmLevel {
    None,
    Critical,
    All,
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Subject {
    Alarm,
    ChargeEnded,
}

/// Whoever manages sites has signed in: critical alarms there are written to them, until they choose otherwise.
pub(crate) fn write_down_manager(
    tx: &mut Tx<'_>,
    claims: &AccessTokenClaims,
    (person, email): (&str, &str),
    language: &str,
) -> Result<(), DbError> {
    let managed = claims.roles.iter().filter(|claim| claim.role == Role::Manager);
    for site_id in managed.filter_map(|claim| claim.site_id.as_deref()) {
        if sites::find(tx.conn, &claims.tenant, site_id)?.is_none() {
            continue;
        }
        let notice = AlarmNotice {
            site_id: site_id.to_owned(),
            person_id: claims.sub.clone(),
            name: person.to_owned(),
            email: email.to_owned(),
            language: language.to_owned(),
            level: name(AlarmLevel::Critical),
            changed_at: tx.now_us,
        };
        notices::insert_of_alarms(tx.conn, &notice)?;
    }
    Ok(())
}

/// An alarm has opened.
pub(crate) fn tell_alarm(tx: &mut Tx<'_>, alarm: &Alarm) -> Result<(), DbError> {
    let is_critical = alarm.severity == "critical";
    for notice in notices::list_of_alarms(tx.conn, &alarm.site_id)? {
        let wishes = match parse(&notice.level)? {
            AlarmLevel::None => false,
            AlarmLevel::Critical => is_critical,
            AlarmLevel::All => true,
        };
        if wishes {
            queue(tx, (notice.email, notice.language), (Subject::Alarm, &alarm.id))?;
        }
    }
    Ok(())
}

/// A charge has ended, or never began.
pub(crate) fn tell_end(tx: &mut Tx<'_>, session: &Session) -> Result<(), DbError> {
    let notice = notices::find_of_charges(tx.conn, &session.tenant_id, &session.driver_id)?;
    match notice {
        Some(notice) => queue(
            tx,
            (notice.email, notice.language),
            (Subject::ChargeEnded, &session.id),
        ),
        None => Ok(()),
    }
}

fn queue(
    tx: &mut Tx<'_>,
    (email, language): (String, String),
    (subject, id): (Subject, &str),
) -> Result<(), DbError> {
    let since = tx.now_us.saturating_sub(HOUR_US);
    if mails::count_since(tx.conn, &email, since)? >= MAX_PER_HOUR {
        tracing::warn!(
            subject = name(subject),
            id,
            "a mail is left out: too many for one address"
        );
        return Ok(());
    }
    mails::insert(
        tx.conn,
        &NewMail {
            email,
            language,
            kind: name(subject),
            subject_id: id.to_owned(),
            created_at: tx.now_us,
            due_at: tx.now_us,
            tries: 0,
        },
    )
}

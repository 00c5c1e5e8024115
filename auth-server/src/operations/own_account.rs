//! What a person sees and does about their own account: sessions, what they have allowed, export, deletion.

use api_spec::token::Scopes;
use foundation::{Conn, Db, DbError};
use jiff::Timestamp;
use serde::Serialize;

use super::timestamp;
use crate::audit::{self, Actor, Entry, Event};
use crate::grants::end_family;
use crate::people::{Person, RoleAt};
use crate::store::revoked_tokens::RevokedToken;
use crate::store::{
    clients, consents, known_browsers, login_sessions, passkeys, people, sign_in_links, token_families,
};

/// All that is kept of a person, for the person.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) language: &'static str,
    pub(crate) created_at: Timestamp,
    pub(crate) roles: Vec<OwnRole>,
    pub(crate) sessions: Vec<OwnSession>,
    pub(crate) passkeys: Vec<OwnPasskey>,
    pub(crate) allowed: Vec<Allowed>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct OwnRole {
    pub(crate) role: &'static str,
    pub(crate) tenant_id: String,
    pub(crate) site_id: String,
    /// What it is called, or else its id.
    pub(crate) site: String,
    pub(crate) unit: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct OwnSession {
    pub(crate) id: String,
    pub(crate) device: String,
    pub(crate) method: String,
    pub(crate) signed_in_at: Timestamp,
    pub(crate) seen_at: Timestamp,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct OwnPasskey {
    pub(crate) id: String,
    pub(crate) device: String,
    pub(crate) created_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
}

/// What a client may do for the person.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Allowed {
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) scope: Scopes,
    pub(crate) since: Timestamp,
}

impl From<RoleAt> for OwnRole {
    fn from(at: RoleAt) -> Self {
        Self {
            role: at.role.name(),
            site: at.site().to_owned(),
            tenant_id: at.tenant_id,
            site_id: at.site_id,
            unit: at.unit,
        }
    }
}

pub(crate) async fn read(db: &Db, person: Person, now_us: i64) -> Result<Account, DbError> {
    db.read(move |conn| account(conn, person, now_us)).await
}

/// The same, told to the audit log.
pub(crate) async fn export(db: &Db, person: Person, now_us: i64) -> Result<Account, DbError> {
    db.write(move |conn| {
        let actor = Actor::Person(person.id.clone());
        audit::append(conn, &Entry::success(Event::PersonExported, actor), now_us)?;
        account(conn, person, now_us)
    })
    .await
}

/// Ends a session of this person and what was allowed in it; nothing if it is somebody else's. Answers what was revoked.
pub(crate) async fn end_session(
    db: &Db,
    person_id: &str,
    id: &str,
    now_us: i64,
) -> Result<Vec<RevokedToken>, DbError> {
    let (person_id, id) = (person_id.to_owned(), id.to_owned());
    db.write(move |conn| {
        if !login_sessions::delete(conn, &person_id, &id)? {
            return Ok(Vec::new());
        }
        let actor = Actor::Person(person_id.clone());
        audit::append(conn, &Entry::success(Event::SessionEnded, actor), now_us)?;
        let families = token_families::list(conn, &person_id, now_us)?;
        let own = families.into_iter().filter(|family| family.session_id == id);
        end_all(conn, own, &person_id, now_us)
    })
    .await
}

/// Ends what a client may do for this person; answers what was revoked.
pub(crate) async fn end_access(
    db: &Db,
    person_id: &str,
    family_id: &str,
    now_us: i64,
) -> Result<Vec<RevokedToken>, DbError> {
    let (person_id, family_id) = (person_id.to_owned(), family_id.to_owned());
    db.write(move |conn| {
        let families = token_families::list(conn, &person_id, now_us)?;
        let own = families.into_iter().filter(|family| family.id == family_id);
        end_all(conn, own, &person_id, now_us)
    })
    .await
}

/// Forgets the person; answers what was revoked. What they did stays in the audit log under an id that means nobody.
pub(crate) async fn delete(db: &Db, person_id: &str, now_us: i64) -> Result<Vec<RevokedToken>, DbError> {
    let person_id = person_id.to_owned();
    db.write(move |conn| {
        let families = token_families::list(conn, &person_id, now_us)?;
        let ended = end_all(conn, families.into_iter(), &person_id, now_us)?;
        login_sessions::delete_all(conn, &person_id)?;
        passkeys::delete_all(conn, &person_id)?;
        sign_in_links::delete_all(conn, &person_id)?;
        consents::delete_all(conn, &person_id)?;
        known_browsers::delete_all(conn, &person_id)?;
        people::delete(conn, &person_id)?;
        let actor = Actor::Person(person_id);
        audit::append(conn, &Entry::success(Event::PersonDeleted, actor), now_us)?;
        Ok(ended)
    })
    .await
}

fn end_all(
    conn: &mut Conn,
    families: impl Iterator<Item = token_families::TokenFamily>,
    person_id: &str,
    now_us: i64,
) -> Result<Vec<RevokedToken>, DbError> {
    let mut ended = Vec::new();
    for family in families {
        let actor = Actor::Person(person_id.to_owned());
        let entry = Entry::success(Event::AccessEnded, actor).client(&family.client_id);
        ended.extend(end_family(conn, &family, &entry, now_us)?);
    }
    Ok(ended)
}

fn account(conn: &mut Conn, person: Person, now_us: i64) -> Result<Account, DbError> {
    let mut roles = people::roles(conn, &person.id)?;
    for at in roles.iter_mut().filter(|at| at.site_name.is_empty()) {
        let name = people::site_name(conn, &at.tenant_id, &at.site_id)?;
        at.site_name = name.unwrap_or_default();
    }
    let sessions = login_sessions::list(conn, &person.id, now_us)?.into_iter();
    let passkeys = passkeys::list(conn, &person.id)?.into_iter();
    let mut allowed = Vec::new();
    for family in token_families::list(conn, &person.id, now_us)? {
        let client = clients::find(conn, &family.client_id)?;
        allowed.push(Allowed {
            client: client.map_or(family.client_id, |client| client.name),
            id: family.id,
            scope: family.scopes,
            since: timestamp(family.created_at_us),
        });
    }
    Ok(Account {
        id: person.id,
        name: person.name,
        email: person.email,
        language: person.language.code(),
        created_at: timestamp(person.created_at_us),
        roles: roles.into_iter().map(OwnRole::from).collect(),
        sessions: sessions
            .map(|session| OwnSession {
                id: session.id,
                device: session.device,
                method: session.method,
                signed_in_at: timestamp(session.authenticated_at_us),
                seen_at: timestamp(session.seen_at_us),
            })
            .collect(),
        passkeys: passkeys
            .map(|key| OwnPasskey {
                id: key.id,
                device: key.device,
                created_at: timestamp(key.created_at_us),
                used_at: key.used_at_us.map(timestamp),
            })
            .collect(),
        allowed,
    })
}

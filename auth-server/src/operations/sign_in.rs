//! Lets a person in who shows the right password; counts before it looks.

use std::net::IpAddr;

use foundation::secrets::{SecretHash, SecretKind};
use foundation::{Conn, Db, DbError};

use crate::audit::{self, Actor, Entry, Event};
use crate::login::{Attempts, Passwords, TooMany, forgive};
use crate::people::{Person, normal_email};
use crate::store::login_sessions::{self, LoginSession};
use crate::store::{known_browsers, people};
use crate::tally::Tally;

const DAY_US: i64 = 86_400 * 1_000_000;
/// How long a browser stays signed in.
const SESSION_LIFE_US: i64 = 90 * DAY_US;
/// How long a browser is remembered after that.
const BROWSER_LIFE_US: i64 = 365 * DAY_US;
const MAX_DEVICE_CHARS: usize = 200;

/// Where somebody signs in from. No `Debug`: it holds cookies.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) source: Option<IpAddr>,
    /// What the browser calls itself.
    pub(crate) device: String,
    /// The cookie by which it is known again.
    pub(crate) browser: String,
}

/// Why nobody was let in.
#[derive(Debug)]
pub(crate) enum NotIn {
    /// Unknown, disabled, or a wrong password: all the same.
    Wrong,
    TooMany(TooMany),
    /// Too many people at once.
    Busy,
    Db(DbError),
}

impl From<DbError> for NotIn {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// What signing in works with.
pub(crate) struct SignIn<'a> {
    pub(crate) db: &'a Db,
    pub(crate) passwords: &'a Passwords,
    pub(crate) tally: &'a Tally,
    pub(crate) now_us: i64,
}

impl SignIn<'_> {
    /// Answers the cookie of a new session.
    pub(crate) async fn by_password(
        &self,
        email: &str,
        password: String,
        place: Place,
    ) -> Result<String, NotIn> {
        let email = normal_email(email).unwrap_or_default();
        let taken = self.take_attempt_at(&email, &place).await?;
        taken.map_err(|too_many| self.refused(&place, "too many attempts", NotIn::TooMany(too_many)))?;
        let account = email.clone();
        let person = self
            .db
            .read(move |conn| people::find_by_email(conn, &account))
            .await?;
        let kept = person.as_ref().and_then(|(_, password)| password.clone());
        let is_right = self.passwords.verify(password, kept).await;
        let is_right = is_right.map_err(|_| NotIn::Busy)?;
        let person = person
            .map(|(person, _)| person)
            .filter(|person| person.disabled_at_us.is_none());
        match person.filter(|_| is_right) {
            Some(person) => Ok(self.begin_session(person.id, Some(email), "pwd", place).await?),
            None => Err(self.refused(&place, "unknown, disabled or a wrong password", NotIn::Wrong)),
        }
    }

    /// Takes an attempt to get in as whoever has this address.
    pub(crate) async fn take_attempt_at(
        &self,
        email: &str,
        place: &Place,
    ) -> Result<Result<(), TooMany>, DbError> {
        let (browser, now_us, account) = (SecretHash::of(&place.browser), self.now_us, email.to_owned());
        let knows_place = self
            .db
            .read(move |conn| known_browsers::knows(conn, browser, &account, now_us))
            .await?;
        let attempts = Attempts { db: self.db.clone() };
        attempts.take(email, place.source, knows_place, now_us).await
    }

    /// Takes an attempt at the password of somebody who has signed in with this browser.
    pub(crate) async fn take_attempt(
        &self,
        person: &Person,
        source: Option<IpAddr>,
    ) -> Result<Result<(), TooMany>, DbError> {
        let attempts = Attempts { db: self.db.clone() };
        let account = person.email.as_deref().unwrap_or(&person.id);
        attempts.take(account, source, true, self.now_us).await
    }

    /// The attempt was right.
    pub(crate) async fn forgive_attempts(
        &self,
        person: &Person,
        source: Option<IpAddr>,
    ) -> Result<(), DbError> {
        let account = person.email.clone().unwrap_or_else(|| person.id.clone());
        self.db.write(move |conn| forgive(conn, &account, source)).await
    }

    pub(crate) async fn kept_password(&self, person: &Person) -> Result<Option<String>, DbError> {
        let id = person.id.clone();
        self.db.read(move |conn| people::find_password(conn, &id)).await
    }

    /// A session for somebody who is known for certain; answers its cookie.
    pub(crate) async fn begin_session(
        &self,
        person_id: String,
        email: Option<String>,
        method: &'static str,
        place: Place,
    ) -> Result<String, DbError> {
        let cookie = SecretKind::Session.generate();
        let hash = SecretHash::of(&cookie);
        let session = LoginSession {
            id: foundation::ids::id("ses"),
            person_id,
            device: place.device.chars().take(MAX_DEVICE_CHARS).collect(),
            method: method.to_owned(),
            authenticated_at_us: self.now_us,
            seen_at_us: self.now_us,
            expires_at_us: self.now_us.saturating_add(SESSION_LIFE_US),
        };
        self.db
            .write(move |conn| {
                if let Some(email) = email {
                    forgive(conn, &email, place.source)?;
                }
                insert(conn, hash, session, &place)
            })
            .await?;
        Ok(cookie)
    }

    fn refused(&self, place: &Place, reason: &'static str, why: NotIn) -> NotIn {
        // What was typed as an address may be a password, so it is told to nobody.
        let entry = Entry::failure(Event::SignedIn, Actor::Stranger, reason);
        self.tally.count(entry.at(place.source));
        why
    }
}

fn insert(conn: &mut Conn, cookie: SecretHash, session: LoginSession, place: &Place) -> Result<(), DbError> {
    let now_us = session.authenticated_at_us;
    login_sessions::insert(conn, cookie, &session)?;
    let browser = SecretHash::of(&place.browser);
    let known_until_us = now_us.saturating_add(BROWSER_LIFE_US);
    known_browsers::replace(conn, browser, &session.person_id, known_until_us)?;
    let entry = Entry::success(Event::SignedIn, Actor::Person(session.person_id));
    audit::append(conn, &entry.at(place.source), now_us)
}

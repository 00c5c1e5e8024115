//! Passkeys of people: asked, made, signed in with, taken away.

use foundation::secrets::{SecretHash, random_256};
use foundation::{Db, DbError};

use crate::audit::{self, Actor, Entry, Event};
use crate::login::{Attempts, TooMany};
use crate::operations::sign_in::Place;
use crate::passkey::{RelyingParty, Told, may_follow, read_new, read_signed};
use crate::store::passkeys::{self, Passkey};
use crate::store::people;

/// How long a person may take to answer their device.
const CHALLENGE_LIFE_US: i64 = 300 * 1_000_000;
const MAX_DEVICE_CHARS: usize = 200;

/// Why a key did nothing.
#[derive(Debug)]
pub(crate) enum NoPasskey {
    /// For the log.
    Wrong(&'static str),
    Db(DbError),
}

impl From<DbError> for NoPasskey {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Makes a challenge. Nobody may fill the database with them.
pub(crate) async fn challenge(
    db: &Db,
    place: &Place,
    now_us: i64,
) -> Result<Result<String, TooMany>, DbError> {
    let attempts = Attempts { db: db.clone() };
    if let Err(too_many) = attempts.take_row(place.source, now_us).await? {
        return Ok(Err(too_many));
    }
    let challenge = random_256();
    let hash = SecretHash::of(&challenge);
    let expires_at_us = now_us.saturating_add(CHALLENGE_LIFE_US);
    db.write(move |conn| passkeys::insert_challenge(conn, hash, expires_at_us))
        .await?;
    Ok(Ok(challenge))
}

/// A new key of a person who has signed in.
pub(crate) async fn add(
    db: &Db,
    person_id: &str,
    key: NewPasskey,
    party: &RelyingParty,
    now_us: i64,
) -> Result<(), NoPasskey> {
    let (seen, public_key) = read_new(&key.told, &key.public_key, party).map_err(NoPasskey::Wrong)?;
    let passkey = Passkey {
        id: key.told.credential_id,
        person_id: person_id.to_owned(),
        device: key.device.chars().take(MAX_DEVICE_CHARS).collect(),
        public_key,
        sign_count: seen.sign_count,
        created_at_us: now_us,
        used_at_us: None,
    };
    let challenge = asked(&seen.challenge);
    db.write(move |conn| {
        if !passkeys::take_challenge(conn, challenge, now_us)? {
            return Err(NoPasskey::Wrong("the challenge is not ours, over or answered"));
        }
        if !passkeys::insert(conn, &passkey)? {
            return Err(NoPasskey::Wrong("the key is known already"));
        }
        let entry = Entry::success(Event::PasskeyAdded, Actor::Person(passkey.person_id));
        Ok(audit::append(conn, &entry, now_us)?)
    })
    .await
}

/// What a browser says of a key that it has made.
pub(crate) struct NewPasskey {
    pub(crate) told: Told,
    /// SubjectPublicKeyInfo in base64url.
    pub(crate) public_key: String,
    pub(crate) device: String,
}

/// Whose key has signed; the challenge is used up.
pub(crate) async fn verify(
    db: &Db,
    told: Told,
    signature: String,
    party: RelyingParty,
    now_us: i64,
) -> Result<String, NoPasskey> {
    db.write(move |conn| {
        let key = passkeys::find(conn, &told.credential_id)?;
        let key = key.ok_or(NoPasskey::Wrong("unknown key"))?;
        let seen = read_signed(&told, &signature, &key.public_key, &party).map_err(NoPasskey::Wrong)?;
        if !passkeys::take_challenge(conn, asked(&seen.challenge), now_us)? {
            return Err(NoPasskey::Wrong("the challenge is not ours, over or answered"));
        }
        let is_next = may_follow(seen.sign_count, key.sign_count);
        if !is_next || !passkeys::update_used(conn, &key, seen.sign_count, now_us)? {
            return Err(NoPasskey::Wrong(
                "the key's count has fallen behind: it may have been copied",
            ));
        }
        let person = people::find(conn, &key.person_id)?;
        let person = person.filter(|person| person.disabled_at_us.is_none());
        let person = person.ok_or(NoPasskey::Wrong("the person is disabled"))?;
        Ok(person.id)
    })
    .await
}

pub(crate) async fn remove(db: &Db, person_id: &str, id: &str, now_us: i64) -> Result<(), DbError> {
    let (person_id, id) = (person_id.to_owned(), id.to_owned());
    db.write(move |conn| {
        if passkeys::delete(conn, &person_id, &id)? {
            let entry = Entry::success(Event::PasskeyRemoved, Actor::Person(person_id));
            audit::append(conn, &entry, now_us)?;
        }
        Ok(())
    })
    .await
}

/// Browsers give a challenge back in base64url: ours is made of such characters, so that what was sent is what was encoded.
fn asked(challenge: &str) -> SecretHash {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let decoded = URL_SAFE_NO_PAD.decode(challenge).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    SecretHash::of(&text.unwrap_or_default())
}

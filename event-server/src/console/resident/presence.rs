//! That somebody stands at the outlet, where its site asks that: by the code in the link that its display shows, or by one
//! that they type.

use api_spec::rest::SitePresence;
use foundation::secrets::SecretHash;
use serde::Deserialize;

use super::super::cookies::Kind;
use super::super::place::Place;
use super::super::visit::{NoPage, Visit};
use super::super::words::ResidentWords;
use crate::operations::presence;
use crate::store::parse;
use crate::store::presence::has_proof;

/// What a link brings.
#[derive(Deserialize)]
pub(in crate::console) struct Scanned {
    presence: Option<String>,
}

/// What is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    NotAsked,
    Proven,
    /// The link's code is shown no more.
    Stale,
    Missing,
}

impl Presence {
    /// What a page says of it.
    pub(super) fn note(self, w: &'static ResidentWords) -> Option<&'static str> {
        match self {
            Self::NotAsked => None,
            Self::Proven => Some(w.presence_proven),
            Self::Stale => Some(w.presence_stale),
            Self::Missing => Some(w.presence_asked),
        }
    }
}

/// Keeps a proof in the browser, where the link's code is right: it takes longer to sign in and to choose than a code lasts.
pub(super) async fn take_scanned(
    visit: &mut Visit,
    place: &Place,
    scanned: &Scanned,
) -> Result<Presence, NoPage> {
    let known = known(visit, place).await?;
    let (Presence::Missing, Some(code)) = (known, &scanned.presence) else {
        return Ok(known);
    };
    let (key, code, now_us) = (place.key, code.clone(), visit.now_us);
    let proven = visit
        .context
        .db
        .write(move |conn| presence::prove(conn, key, &code, now_us));
    match proven.await? {
        Some(proof) => {
            visit.set(Kind::Presence, &proof);
            Ok(Presence::Proven)
        }
        None => Ok(Presence::Stale),
    }
}

/// By what the browser has kept.
pub(super) async fn known(visit: &Visit, place: &Place) -> Result<Presence, NoPage> {
    if parse::<SitePresence>(&place.site.presence)? == SitePresence::None {
        return Ok(Presence::NotAsked);
    }
    let Some(proof) = proof(visit) else {
        return Ok(Presence::Missing);
    };
    let (key, now_us) = (place.key, visit.now_us);
    let read = visit
        .context
        .db
        .read(move |conn| has_proof(conn, &proof.to_text(), key, now_us));
    Ok(match read.await? {
        true => Presence::Proven,
        false => Presence::Missing,
    })
}

pub(super) fn proof(visit: &Visit) -> Option<SecretHash> {
    visit.cookie(Kind::Presence).map(|cookie| SecretHash::of(&cookie))
}

//! Whether whoever starts stands at the outlet, where its site asks that: by the code of a display, or by a proof that a
//! browser has got for one.

use api_spec::rest::{NewSession, PresenceSecret, SitePresence};
use foundation::secrets::{SecretHash, random_256};
use foundation::{Conn, DbError};

use super::presence_code::{LINK_LENGTH, SLOT_S, TYPED_LENGTH, is_right};
use super::rotate_code::url;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::presence::{self, Proof};
use crate::store::{outlets, parse, sites};

/// Of one driver within the window, until a right one.
const MAX_TRIES: i64 = 10;
pub(crate) const WINDOW_S: u64 = 600;
const WINDOW_US: i64 = 600 * 1_000_000;
/// From the scan to the start: to sign in, and to choose.
const PROOF_LIFE_US: i64 = 900 * 1_000_000;

/// Which way a start comes.
#[derive(Clone, Debug)]
pub(crate) enum Door {
    /// Of a page, whose browser may have a proof.
    Page(Option<SecretHash>),
    Api,
}

/// Counts a code that somebody is about to show, before it is looked at: whoever guesses is soon refused.
pub(crate) fn count_try(
    conn: &mut Conn,
    (tenant_id, driver_id): (&str, &str),
    now_us: i64,
) -> Result<(), Refusal> {
    presence::delete_tries_before(conn, now_us.saturating_sub(WINDOW_US))?;
    if presence::count_tries(conn, tenant_id, driver_id)? >= MAX_TRIES {
        return Err(Refusal::PresenceTriesUsed);
    }
    Ok(presence::insert_try(conn, (tenant_id, driver_id), now_us)?)
}

/// Refuses a start that shows no presence where it should. What else is wrong with it is not looked at here.
pub(crate) fn check(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    asked: &NewSession,
    door: &Door,
) -> Result<(), Refusal> {
    let Some((outlet, _, _)) = outlets::find_known(tx.conn, tenant_id, &asked.outlet_id)? else {
        return Ok(());
    };
    let site = sites::find(tx.conn, tenant_id, &outlet.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let is_asked = match (parse(&site.presence)?, door) {
        (SitePresence::None, _) | (SitePresence::Pages, Door::Api) => false,
        (SitePresence::Pages, Door::Page(_)) | (SitePresence::All, _) => true,
    };
    if let Door::Page(Some(proof)) = door
        && presence::take_proof(tx.conn, &proof.to_text(), outlet.key, tx.now_us)?
    {
        return Ok(());
    }
    match &asked.presence_code {
        None if is_asked => Err(Refusal::PresenceCodeNeeded),
        None => Ok(()),
        Some(code) if shows(tx.conn, outlet.key, code, tx.now_us)? => {
            Ok(presence::delete_tries(tx.conn, tenant_id, &asked.driver_id)?)
        }
        Some(_) => Err(Refusal::PresenceCodeWrong),
    }
}

/// Whether the outlet's display shows that code now; never where it has none.
pub(crate) fn shows(conn: &mut Conn, outlet_key: i64, code: &str, now_us: i64) -> Result<bool, DbError> {
    let secret = presence::find_secret(conn, outlet_key)?;
    Ok(secret.is_some_and(|secret| is_right(&secret, code, now_us)))
}

/// Of a code that came with a link, which nobody guesses: a proof for the browser, good once and at this outlet.
pub(crate) fn prove(
    conn: &mut Conn,
    outlet_key: i64,
    code: &str,
    now_us: i64,
) -> Result<Option<String>, DbError> {
    if code.len() != LINK_LENGTH || !shows(conn, outlet_key, code, now_us)? {
        return Ok(None);
    }
    let proof = random_256();
    let row = Proof {
        hash: SecretHash::of(&proof).to_text(),
        outlet_key,
        expires_at: now_us.saturating_add(PROOF_LIFE_US),
    };
    presence::delete_proofs_before(conn, now_us)?;
    presence::insert_proof(conn, &row)?;
    Ok(Some(proof))
}

/// Gives an outlet's display a new secret; what showed the one before is wrong from now on.
pub(crate) fn rotate_secret(
    tx: &mut Tx<'_>,
    (tenant_id, outlet_id): &(String, String),
    public_url: &str,
) -> Result<PresenceSecret, Refusal> {
    let known = outlets::find_known(tx.conn, tenant_id, outlet_id)?;
    let (outlet, _, _) = known.ok_or(Refusal::NotFound("outlet"))?;
    let secret = random_256();
    presence::replace_secret(tx.conn, outlet.key, &secret, tx.now_us)?;
    Ok(PresenceSecret {
        url_template: template(public_url, &outlet.public_code),
        outlet_id: outlet.id,
        secret,
        slot_s: SLOT_S,
        link_length: LINK_LENGTH as i64,
        typed_length: TYPED_LENGTH as i64,
    })
}

/// The link that a display shows as a QR code, as OCPP words it.
fn template(public_url: &str, public_code: &str) -> String {
    format!("{}?presence={{totp}}", url(public_url, public_code))
}

//! Guesses at passwords and codes, counted before they are looked at, so that no number of parallel ones is free.
//!
//! Each attempt is taken from three counts: this person from this place, this place, and this person from anywhere. The
//! last one delays strangers, but not who comes from where the person has signed in before: nobody can be locked out by
//! somebody else.

use std::net::IpAddr;

use foundation::secrets::SecretHash;
use foundation::{Conn, Db, DbError};

use crate::store::attempts;

const SECOND_US: i64 = 1_000_000;

/// How many at once, and how long until one comes back.
struct Rate {
    burst: i64,
    interval_us: i64,
}

const PERSON_FROM_HERE: Rate = Rate {
    burst: 5,
    interval_us: 60 * SECOND_US,
};
/// A whole building may share one address.
const FROM_HERE: Rate = Rate {
    burst: 50,
    interval_us: 10 * SECOND_US,
};
/// What strangers leave behind: requests that wait for a sign-in, challenges.
const ROWS_FROM_HERE: Rate = Rate {
    burst: 300,
    interval_us: SECOND_US,
};
const PERSON: Rate = Rate {
    burst: 20,
    interval_us: 60 * SECOND_US,
};

/// All attempts are used up for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) retry_after_s: i64,
}

/// Counts for all doors together: whatever somebody tries to get in with is an attempt.
#[derive(Clone)]
pub(crate) struct Attempts {
    pub(crate) db: Db,
}

impl Attempts {
    /// Takes an attempt at `account`, or says when the next one is free. `knows_place`: the person has signed in with this
    /// browser before.
    pub(crate) async fn take(
        &self,
        account: &str,
        source: Option<IpAddr>,
        knows_place: bool,
        now_us: i64,
    ) -> Result<Result<(), TooMany>, DbError> {
        self.take_all(counts(account, source, knows_place), now_us).await
    }

    /// Takes leave for a place to have one more row kept, which is no guess at anybody.
    pub(crate) async fn take_row(
        &self,
        source: Option<IpAddr>,
        now_us: i64,
    ) -> Result<Result<(), TooMany>, DbError> {
        let here = (key(&["rows from here", &place(source)]), &ROWS_FROM_HERE);
        self.take_all(vec![here], now_us).await
    }

    /// Takes an attempt at a code, which says by itself whom it is for: only the place counts.
    pub(crate) async fn take_code(
        &self,
        source: Option<IpAddr>,
        now_us: i64,
    ) -> Result<Result<(), TooMany>, DbError> {
        let here = (key(&["from here", &place(source)]), &FROM_HERE);
        self.take_all(vec![here], now_us).await
    }

    async fn take_all(
        &self,
        counts: Vec<(SecretHash, &'static Rate)>,
        now_us: i64,
    ) -> Result<Result<(), TooMany>, DbError> {
        self.db
            .write(move |conn| {
                for (key, rate) in &counts {
                    if !attempts::take(conn, *key, rate.burst, rate.interval_us, now_us)? {
                        return Ok(Err(wait(conn, *key, rate, now_us)?));
                    }
                }
                Ok(Ok(()))
            })
            .await
    }
}

/// After a success: this person's attempts from here begin anew.
pub(crate) fn forgive(conn: &mut Conn, account: &str, source: Option<IpAddr>) -> Result<(), DbError> {
    attempts::forget(conn, key(&["person from here", account, &place(source)]))
}

fn counts(account: &str, source: Option<IpAddr>, knows_place: bool) -> Vec<(SecretHash, &'static Rate)> {
    let here = place(source);
    let mut counts = vec![
        (key(&["person from here", account, &here]), &PERSON_FROM_HERE),
        (key(&["from here", &here]), &FROM_HERE),
    ];
    if !knows_place {
        counts.push((key(&["person", account]), &PERSON));
    }
    counts
}

/// The network of an address: whoever has an IPv6 address has 2⁶⁴ of them.
fn place(source: Option<IpAddr>) -> String {
    match source {
        Some(IpAddr::V6(address)) => format!("{:x}", address.to_bits() >> 64),
        Some(IpAddr::V4(address)) => address.to_string(),
        None => "nowhere".into(),
    }
}

fn key(parts: &[&str]) -> SecretHash {
    SecretHash::of(&parts.join("\n"))
}

fn wait(conn: &mut Conn, key: SecretHash, rate: &Rate, now_us: i64) -> Result<TooMany, DbError> {
    let used_up_to_us = attempts::find(conn, key)?.unwrap_or(now_us);
    let free_at_us = used_up_to_us.saturating_sub(rate.interval_us.saturating_mul(rate.burst - 1));
    let seconds = free_at_us.saturating_sub(now_us).div_euclid(SECOND_US) + 1;
    Ok(TooMany {
        retry_after_s: seconds.max(1),
    })
}

//! Telling what happened: an event row, and one delivery per endpoint that hears it, in the same transaction.

use api_spec::rest::Time;
use api_spec::webhook::{Event, EventType};
use foundation::DbError;
use serde::Serialize;

use super::outlet_account::Account;
use super::pricing::to_json;
use crate::context::Tx;
use crate::metrics::Counted;
use crate::store::outlet_current::OutletCurrent;
use crate::store::{deliveries, events, outlets};

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX: &str = "evt_";
const SEQ_DIGITS: usize = 13;
/// Receivers of Standard Webhooks need take no more.
const MAX_BODY: usize = 20_000;

/// An outlet whose current row is being rewritten: loaded once, saved once.
#[derive(Clone, Debug)]
pub(crate) struct LoadedOutlet {
    pub(crate) id: String,
    pub(crate) current: OutletCurrent,
    /// What `current.meter` will hold, where samples are taken in.
    pub(super) account: Option<Account>,
}

impl LoadedOutlet {
    pub(crate) fn load(tx: &mut Tx<'_>, key: i64) -> Result<Self, DbError> {
        Ok(Self {
            id: outlets::id_of(tx.conn.beside(), key)?,
            current: tx.conn.find_current(key)?,
            account: None,
        })
    }

    pub(crate) fn save(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        if let Some(account) = &self.account {
            self.current.meter = Some(to_json(account)?);
        }
        tx.conn.update_current(&self.current);
        Ok(())
    }
}

/// What is to be told.
#[derive(Clone, Debug)]
pub(crate) struct NewEvent<'a, T> {
    pub(crate) tenant_id: &'a str,
    pub(crate) kind: EventType,
    /// When it happened.
    pub(crate) at_us: i64,
    pub(crate) data: &'a T,
}

/// Appends an event and answers with its id. The outlet's place in its sequence moves on in memory; the caller saves it.
pub(crate) fn append_event<T: Serialize>(
    tx: &mut Tx<'_>,
    outlet: Option<&mut LoadedOutlet>,
    event: &NewEvent<'_, T>,
) -> Result<String, DbError> {
    append_event_except(tx, outlet, event, "")
}

/// The same, but one endpoint does not hear it.
pub(crate) fn append_event_except<T: Serialize>(
    tx: &mut Tx<'_>,
    outlet: Option<&mut LoadedOutlet>,
    event: &NewEvent<'_, T>,
    endpoint_id: &str,
) -> Result<String, DbError> {
    let lane = outlet
        .as_ref()
        .map(|outlet| outlet.id.clone())
        .unwrap_or_default();
    let (id, seq) = insert(tx, outlet, event)?;
    let subscriptions = tx.subscriptions.of(tx.conn.beside(), event.tenant_id)?;
    let hearing = subscriptions
        .iter()
        .filter(|s| s.hears(event.kind) && s.endpoint_id != endpoint_id);
    for subscription in hearing {
        deliver(tx, &subscription.endpoint_id, &lane, seq);
    }
    Ok(id)
}

/// Appends an event of no outlet for one endpoint alone.
pub(crate) fn append_event_for<T: Serialize>(
    tx: &mut Tx<'_>,
    endpoint_id: &str,
    event: &NewEvent<'_, T>,
) -> Result<String, DbError> {
    let (id, seq) = insert(tx, None, event)?;
    deliver(tx, endpoint_id, "", seq);
    Ok(id)
}

fn insert<T: Serialize>(
    tx: &mut Tx<'_>,
    outlet: Option<&mut LoadedOutlet>,
    event: &NewEvent<'_, T>,
) -> Result<(String, i64), DbError> {
    let seq = tx.conn.next_seq()?;
    let id = event_id(seq);
    let (outlet_id, sequence, previous_event_id) = match outlet {
        None => (None, None, None),
        Some(outlet) => {
            outlet.current.sequence += 1;
            let previous = outlet.current.last_event_id.replace(id.clone());
            (Some(outlet.id.clone()), Some(outlet.current.sequence), previous)
        }
    };
    let body = serde_json::to_string(&Event {
        id: id.clone(),
        kind: event.kind,
        timestamp: Time(event.at_us),
        outlet_id: outlet_id.clone(),
        sequence,
        previous_event_id,
        data: event.data,
        gap: false,
    })
    .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    if body.len() >= MAX_BODY {
        tracing::error!(
            event = id,
            bytes = body.len(),
            "an event is longer than receivers need take"
        );
    }
    let row = events::Event {
        seq,
        tenant_id: event.tenant_id.to_owned(),
        kind: event.kind.name().to_owned(),
        body,
        appended_at: tx.now_us,
        traceparent: tx.trace.clone(),
        outlet_id,
    };
    tx.conn.insert_event(row);
    tx.wakes.events = true;
    tx.wakes.counted.push(Counted::Event(event.kind));
    Ok((id, seq))
}

fn deliver(tx: &mut Tx<'_>, endpoint_id: &str, lane: &str, event_seq: i64) {
    let delivery = deliveries::NewDelivery {
        endpoint_id: endpoint_id.to_owned(),
        event_seq,
        lane: lane.to_owned(),
        state: "pending",
        next_attempt_at: tx.now_us,
        gap: false,
    };
    tx.wakes.deliveries = true;
    tx.conn.insert_delivery(delivery);
}

/// The id of an event, from its body; empty where the body is none.
pub(crate) fn id_in(body: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        id: String,
    }
    serde_json::from_str(body).map_or_else(|_| String::new(), |named: Named| named.id)
}

/// The number in the first 13 characters, so that a place in the log can be found from an id alone.
pub(crate) fn event_id(seq: i64) -> String {
    format!("{PREFIX}{}{}", digits(seq), foundation::ids::public_code())
}

/// The number of an event from its id; `None` for anything that is no event's id.
pub(crate) fn seq_of(event_id: &str) -> Option<i64> {
    number(event_id.strip_prefix(PREFIX)?.get(..SEQ_DIGITS)?)
}

/// 13 characters that sort as the numbers do.
pub(crate) fn digits(number: i64) -> String {
    let digits = (0..SEQ_DIGITS).rev().map(|place| {
        let digit = usize::try_from((number >> (5 * place)) & 31).unwrap_or_default();
        DIGITS.get(digit).copied().map_or('0', char::from)
    });
    digits.collect()
}

/// The number of [`digits`].
pub(crate) fn number(digits: &str) -> Option<i64> {
    digits.bytes().try_fold(0_i64, |number, byte| {
        let digit = DIGITS.iter().position(|known| *known == byte)?;
        number.checked_mul(32)?.checked_add(i64::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_carries_its_number_and_sorts_by_it() {
        for seq in [0, 1, 31, 32, 1_000_000, i64::MAX] {
            assert_eq!(seq_of(&event_id(seq)), Some(seq));
        }
        assert!(event_id(31) < event_id(32));
        for wrong in [
            "",
            "evt_",
            "evt_1",
            "ses_0000000000001abcdefgh",
            "evt_zzzzzzzzzzzzzzzzzzzzz",
        ] {
            assert_eq!(seq_of(wrong), None, "{wrong}");
        }
    }
}

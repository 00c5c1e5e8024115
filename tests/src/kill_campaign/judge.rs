//! Judges a campaign by what was heard and what the panel really did; shares no accounting with the product.

use std::collections::BTreeMap;

use denro::simulator::What;
use serde_json::Value;

use super::{Asked, Evidence, SPEED};
use crate::recorder::Heard;

/// A breaker is open so long after the end at the latest (I3), with what the test's own clock may be late.
const OFF_WITHIN_MS: u64 = 2_000 + 100;
/// What no car here draws, in Wh a millisecond.
const FASTEST_WH_MS: f64 = 8_000.0 * SPEED as f64 / 3_600_000.0;

/// One transaction as it was told.
#[derive(Debug, Default)]
struct Told {
    outlet: u8,
    remote_start_id: Option<i64>,
    /// By number, each once.
    events: BTreeMap<i64, Value>,
}

impl Evidence {
    /// # Panics
    /// With everything that is wrong.
    #[track_caller]
    pub fn check(&self) {
        let faults = self.faults();
        assert!(
            faults.is_empty(),
            "after {} kills:\n  {}",
            self.kills,
            faults.join("\n  ")
        );
    }

    /// How many transactions were told, and how many messages came more than once.
    pub fn summary(&self) -> String {
        let (told, _) = transactions(&self.heard);
        let repeats = self.heard.len() - distinct(&self.heard).0.len();
        let (kills, messages) = (self.kills, self.heard.len());
        format!(
            "{kills} kills, {} transactions, {messages} messages, {repeats} of them repeats",
            told.len()
        )
    }

    fn faults(&self) -> Vec<String> {
        let (told, mut faults) = transactions(&self.heard);
        faults.extend(distinct(&self.heard).1);
        self.accepted(&told, &mut faults);
        for (id, transaction) in &told {
            whole(id, transaction, &mut faults);
        }
        self.energy(&told, &mut faults);
        self.energy_limits(&told, &mut faults);
        self.ends(&mut faults);
        faults
    }

    /// What was acknowledged is there: every accepted start has become one transaction, and none has become two.
    fn accepted(&self, told: &BTreeMap<String, Told>, faults: &mut Vec<String>) {
        for asked in &self.asked {
            let named: Vec<&String> = told
                .iter()
                .filter(|(_, told)| told.remote_start_id == Some(asked.remote_start_id))
                .map(|(id, _)| id)
                .collect();
            match &asked.accepted {
                Some(id) if named != [id] => {
                    faults.push(format!("{asked:?} was accepted, told are {named:?}"))
                }
                None if named.len() > 1 => faults.push(format!("{asked:?} has become {named:?}")),
                Some(_) | None => {}
            }
        }
    }

    /// I1: each watt-hour that flowed is in one transaction, or flowed before its begin was seen.
    fn energy(&self, told: &BTreeMap<String, Told>, faults: &mut Vec<String>) {
        for (outlet, delivered_mwh) in &self.delivered_mwh {
            let mut spans: Vec<(i64, i64, u64)> = told
                .values()
                .filter(|told| told.outlet == *outlet)
                .filter_map(|told| told.span(self.wall_offset_ms))
                .collect();
            spans.sort_unstable();
            let billed: i64 = spans.iter().map(|(begin, end, _)| end - begin).sum();
            let mut unseen = 0.0;
            for (_, _, begun_ms) in &spans {
                let closed_ms = self.closed_before(*outlet, *begun_ms);
                unseen += begun_ms.saturating_sub(closed_ms) as f64 * FASTEST_WH_MS + 1.0;
            }
            for pair in spans.windows(2) {
                if pair[0].1 > pair[1].0 {
                    faults.push(format!("I2: outlet {outlet}: {:?} overlap", pair));
                }
            }
            let flowed = *delivered_mwh as f64 / 1000.0;
            if billed as f64 > flowed + spans.len() as f64 || flowed - billed as f64 > unseen + 1.0 {
                faults.push(format!(
                    "I1: outlet {outlet}: {billed} Wh told, {flowed} Wh flowed, {unseen:.0} Wh may be unseen"
                ));
            }
        }
    }

    /// When the contacts closed last before a moment.
    fn closed_before(&self, outlet: u8, at_ms: u64) -> u64 {
        let closings = self
            .history
            .iter()
            .filter(|h| h.outlet.get() == outlet && h.what == What::Closed);
        closings
            .map(|h| h.tick_ms)
            .filter(|tick| *tick <= at_ms)
            .max()
            .unwrap_or(at_ms)
    }

    /// I3: while the controller lives, no breaker is closed for more than 2 s after the end of its charge.
    fn ends(&self, faults: &mut Vec<String>) {
        for (outlet, closed_ms, opened_ms) in self.closings() {
            let begun = self
                .asked
                .iter()
                .filter(|asked| asked.outlet == outlet && asked.begun_ms() <= closed_ms);
            let Some(asked) = begun.max_by_key(|asked| asked.remote_start_id) else {
                faults.push(format!(
                    "outlet {outlet} closed at {closed_ms} and nobody had asked for it"
                ));
                continue;
            };
            let end_ms = asked.end_ms();
            for (up_ms, killed_ms) in &self.alive_ms {
                let must_be_open = end_ms.max(*up_ms) + OFF_WITHIN_MS;
                let closed_then = (must_be_open.max(closed_ms)) < opened_ms.min(*killed_ms);
                if closed_then {
                    faults.push(format!("I3: outlet {outlet} closed from {closed_ms} to {opened_ms}, its end was {end_ms}: {asked:?}"));
                }
            }
        }
    }

    /// I3: no more is delivered than was asked for, but for what flows in 2 s and while nobody lives to look.
    fn energy_limits(&self, told: &BTreeMap<String, Told>, faults: &mut Vec<String>) {
        for asked in &self.asked {
            let mut of_start = told
                .values()
                .filter(|told| told.remote_start_id == Some(asked.remote_start_id));
            let Some((limit_wh, told)) = asked.energy_wh.zip(of_start.next()) else {
                continue;
            };
            let Some((begin, end, begun_ms)) = told.span(self.wall_offset_ms) else {
                continue;
            };
            let ended_ms = told.ended_ms(self.wall_offset_ms).unwrap_or(begun_ms);
            let beyond_ms = OFF_WITHIN_MS + self.dead_ms(begun_ms, ended_ms);
            let most_wh = limit_wh + (beyond_ms as f64 * FASTEST_WH_MS).ceil() as i64;
            if end - begin > most_wh {
                faults.push(format!(
                    "I3: {} Wh told, allowed were {limit_wh}, {beyond_ms} ms are excused: {asked:?}",
                    end - begin
                ));
            }
        }
    }

    /// For how long of a time no controller lived.
    fn dead_ms(&self, from_ms: u64, to_ms: u64) -> u64 {
        let alive = self.alive_ms.iter();
        let lived: u64 = alive
            .map(|(up_ms, killed_ms)| (*killed_ms).min(to_ms).saturating_sub((*up_ms).max(from_ms)))
            .sum();
        to_ms.saturating_sub(from_ms).saturating_sub(lived)
    }

    /// Outlet, closed, opened.
    fn closings(&self) -> Vec<(u8, u64, u64)> {
        let mut since: BTreeMap<u8, u64> = BTreeMap::new();
        let mut closings = Vec::new();
        for h in &self.history {
            match h.what {
                What::Closed => drop(since.insert(h.outlet.get(), h.tick_ms)),
                What::Opened | What::Tripped => {
                    let closed = since.remove(&h.outlet.get());
                    closings.extend(closed.map(|closed| (h.outlet.get(), closed, h.tick_ms)));
                }
                What::CoilOn | What::CoilOff | What::TripReset => {}
            }
        }
        closings.extend(
            since
                .into_iter()
                .map(|(outlet, closed)| (outlet, closed, u64::MAX)),
        );
        closings
    }
}

impl Asked {
    /// Its time, or the stop that was accepted before.
    fn end_ms(&self) -> u64 {
        let time = self.answered_ms + self.duration_ms;
        self.stopped_ms.map_or(time, |stopped| stopped.min(time))
    }

    /// The breaker may close before the answer is heard.
    fn begun_ms(&self) -> u64 {
        self.answered_ms.saturating_sub(5_500)
    }
}

impl Told {
    /// The registers at its begin and end, and the tick of its begin.
    fn span(&self, wall_offset_ms: i64) -> Option<(i64, i64, u64)> {
        let begin = self.events.values().next()?;
        let end = self.events.values().next_back()?;
        Some((register(begin)?, register(end)?, tick_ms(begin, wall_offset_ms)?))
    }

    fn ended_ms(&self, wall_offset_ms: i64) -> Option<u64> {
        tick_ms(self.events.values().next_back()?, wall_offset_ms)
    }
}

fn tick_ms(event: &Value, wall_offset_ms: i64) -> Option<u64> {
    let at: jiff::Timestamp = event["timestamp"].as_str()?.parse().ok()?;
    u64::try_from(at.as_millisecond() - wall_offset_ms).ok()
}

fn register(event: &Value) -> Option<i64> {
    let values = event["meterValue"][0]["sampledValue"].as_array()?;
    let register = values
        .iter()
        .find(|value| value["measurand"] == "Energy.Active.Import.Register")?;
    Some(register["value"].as_f64()? as i64)
}

pub(super) fn has_ended(heard: &[Heard], transaction: &str) -> bool {
    let of = |heard: &&Heard| heard.payload["transactionInfo"]["transactionId"] == transaction;
    heard
        .iter()
        .filter(of)
        .any(|heard| heard.payload["eventType"] == "Ended")
}

/// The transactions that were told of and have not ended.
pub(super) fn running(heard: &[Heard]) -> Vec<String> {
    let (told, _) = transactions(heard);
    told.into_keys().filter(|id| !has_ended(heard, id)).collect()
}

/// A number that came twice came with the same content.
fn transactions(heard: &[Heard]) -> (BTreeMap<String, Told>, Vec<String>) {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    let mut faults = Vec::new();
    for heard in heard.iter().filter(|heard| heard.action == "TransactionEvent") {
        let payload = &heard.payload;
        let id = payload["transactionInfo"]["transactionId"].as_str().unwrap();
        let transaction = told.entry(id.to_owned()).or_default();
        transaction.outlet = payload["evse"]["id"].as_u64().unwrap() as u8;
        let start = payload["transactionInfo"]["remoteStartId"].as_i64();
        transaction.remote_start_id = transaction.remote_start_id.or(start);
        let number = payload["seqNo"].as_i64().unwrap();
        let before = transaction.events.insert(number, payload.clone());
        if before.as_ref().is_some_and(|before| before != payload) {
            faults.push(format!(
                "sent twice with different content: {} and {payload}",
                before.unwrap()
            ));
        }
    }
    (told, faults)
}

/// Numbered 0, 1, 2 …, one begin, one end, the end last.
fn whole(id: &str, told: &Told, faults: &mut Vec<String>) {
    let numbers: Vec<i64> = told.events.keys().copied().collect();
    let expected: Vec<i64> = (0..).take(numbers.len()).collect();
    let kinds: Vec<&str> = told
        .events
        .values()
        .map(|event| event["eventType"].as_str().unwrap())
        .collect();
    let once = |kind: &str| kinds.iter().filter(|found| **found == kind).count() == 1;
    let ordered = kinds.first() == Some(&"Started") && kinds.last() == Some(&"Ended");
    if numbers != expected || !once("Started") || !once("Ended") || !ordered {
        faults.push(format!("{id}: {numbers:?} {kinds:?}"));
    }
}

/// Messages that can be told apart by a number, each once; and those whose number came with two contents.
fn distinct(heard: &[Heard]) -> (BTreeMap<String, &Value>, Vec<String>) {
    let mut distinct: BTreeMap<String, &Value> = BTreeMap::new();
    let mut faults = Vec::new();
    for (n, heard) in heard.iter().enumerate() {
        let payload = &heard.payload;
        let data = &payload["customData"];
        let key = match heard.action.as_str() {
            "TransactionEvent" => format!(
                "{}/{}",
                payload["transactionInfo"]["transactionId"], payload["seqNo"]
            ),
            "NotifyEvent" => format!("event {}", payload["eventData"][0]["eventId"]),
            "MeterValues" if data["journal"].is_number() => {
                format!("{}/{}/{}", data["journal"], data["report"], data["sample"])
            }
            _ => format!("alone {n}"),
        };
        if let Some(before) = distinct.insert(key, payload)
            && before != payload
        {
            faults.push(format!(
                "sent twice with different content: {before} and {payload}"
            ));
        }
    }
    (distinct, faults)
}

//! Judges a finished run by what the API told and what the panel really did; shares no accounting with the product.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::receiver::Delivery;

/// What is known at the end of a run.
#[derive(Debug, Default)]
pub struct Evidence {
    /// All events, in the order of the list.
    pub events: Vec<Value>,
    /// Every command that was ever answered with, as `GET /v1/commands/{id}` shows it now.
    pub commands: Vec<Value>,
    /// Every session that was ever answered with, as `GET /v1/sessions/{id}` shows it now.
    pub sessions: Vec<Value>,
    /// What really flowed, by outlet id, in mWh.
    pub delivered_mwh: BTreeMap<String, i64>,
    /// Outlets whose meters lied or were not heard: there, billed energy is a lower bound only.
    pub doubtful_outlets: BTreeSet<String>,
    /// What the webhook receiver got, and whether it has all of it.
    pub deliveries: Vec<Delivery>,
    /// What may flow in a session between the contacts' closing and the first look at the register.
    pub unseen_wh: i64,
    /// An outcome may take longer where the link was down.
    pub slow_outcomes: bool,
}

/// The faults that were found, each a line.
#[derive(Debug, Default)]
struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, good: bool, say: impl FnOnce() -> String) {
        if !good {
            self.0.push(say());
        }
    }
}

impl Evidence {
    /// Checks everything that is claimed always to hold.
    ///
    /// # Panics
    /// With all faults, if there are any.
    #[track_caller]
    pub fn check(&self) {
        let faults = self.faults();
        assert!(faults.is_empty(), "the checker found:\n  {}", faults.join("\n  "));
    }

    /// The same, as a list.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Faults::default();
        sequences(&self.events, "list", &mut faults);
        ids_are_unique(&self.events, &mut faults);
        self.energy(&mut faults);
        self.no_overlap(&mut faults);
        self.outcomes(&mut faults);
        self.deliveries(&mut faults);
        faults.0
    }

    /// I1: what is billed is what flowed, register by register.
    fn energy(&self, faults: &mut Faults) {
        let mut billed: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for session in &self.sessions {
            let (outlet, energy) = (text(session, "outlet_id"), number(session, "energy_wh"));
            faults.unless(energy >= 0, || format!("I1: negative energy: {session}"));
            let sum = billed.entry(outlet).or_default();
            *sum = (sum.0 + energy, sum.1 + 1);
            let registers = session["start_register_wh"]
                .as_i64()
                .zip(session["stop_register_wh"].as_i64());
            if let Some((start, stop)) = registers
                && !self.doubtful_outlets.contains(outlet)
                && is_final(session)
            {
                faults.unless(stop - start == energy, || {
                    format!("I1: {energy} Wh is not {stop} − {start}: {session}")
                });
            }
        }
        for (outlet, delivered_mwh) in &self.delivered_mwh {
            let (sum_wh, sessions) = billed.get(outlet.as_str()).copied().unwrap_or_default();
            // A register shows whole Wh: each session may gain or lose one at each end.
            let (low, high) = (
                delivered_mwh / 1000 - sessions * (1 + self.unseen_wh),
                delivered_mwh / 1000 + sessions,
            );
            let enough = sum_wh >= low || self.doubtful_outlets.contains(outlet);
            let told =
                || format!("I1: {outlet}: {sum_wh} Wh in {sessions} sessions, {delivered_mwh} mWh flowed");
            faults.unless(enough && sum_wh <= high, told);
        }
    }

    /// I2: one outlet, one session at a time, by meter and by clock.
    fn no_overlap(&self, faults: &mut Faults) {
        let mut held: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for session in self
            .sessions
            .iter()
            .filter(|session| !session["energized_at"].is_null())
        {
            held.entry(text(session, "outlet_id")).or_default().push(session);
        }
        for sessions in held.values_mut() {
            sessions.sort_by_key(|session| text(session, "energized_at").to_owned());
            for pair in sessions.windows(2) {
                let (first, second) = (pair[0], pair[1]);
                let told = || {
                    format!(
                        "I2: {} and {} overlap: {first} {second}",
                        text(first, "id"),
                        text(second, "id")
                    )
                };
                faults.unless(
                    first["ended_at"].as_str() <= second["energized_at"].as_str(),
                    told,
                );
                let registers = first["stop_register_wh"]
                    .as_i64()
                    .zip(second["start_register_wh"].as_i64());
                let doubtful = self.doubtful_outlets.contains(text(first, "outlet_id"));
                faults.unless(
                    doubtful || registers.is_none_or(|(stop, start)| stop <= start),
                    told,
                );
            }
        }
    }

    /// I4: every command has one outcome and no more, in time, and the event says the same as the resource.
    fn outcomes(&self, faults: &mut Faults) {
        let mut told: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for event in of_type(&self.events, "command.completed") {
            let command = &event["data"]["command"];
            told.entry(text(command, "id")).or_default().push(command);
        }
        for command in &self.commands {
            let id = text(command, "id");
            let outcomes = told.get(id).map_or(&[][..], Vec::as_slice);
            faults.unless(outcomes.len() == 1, || {
                format!("I4: {} outcomes of {command}", outcomes.len())
            });
            for outcome in outcomes {
                let same = outcome["state"] == command["state"] && outcome["reason"] == command["reason"];
                faults.unless(same, || format!("I4: told {outcome}, is {command}"));
            }
            let took_s = seconds_between(&command["created_at"], &command["completed_at"]);
            let in_time = took_s.is_some_and(|s| s <= 61.0) || self.slow_outcomes;
            faults.unless(in_time, || format!("I4: {took_s:?} s for {command}"));
        }
        for (id, outcomes) in told {
            faults.unless(outcomes.len() == 1, || {
                format!("I4: {id} completed {} times", outcomes.len())
            });
            let terminal = ["confirmed", "refused", "failed", "expired"];
            let state = text(outcomes[0], "state");
            faults.unless(terminal.contains(&state), || {
                format!("I4: {id} completed as {state}")
            });
        }
    }

    /// I5 at the receiver: first deliveries in order, repeats byte-identical, nothing that the list does not have.
    fn deliveries(&self, faults: &mut Faults) {
        let mut bodies: BTreeMap<&str, &[u8]> = BTreeMap::new();
        let mut first = Vec::new();
        for delivery in &self.deliveries {
            let event = delivery.event();
            faults.unless(event["id"] == delivery.id(), || {
                format!("I5: webhook-id {} of {event}", delivery.id())
            });
            match bodies.get(delivery.id()) {
                Some(body) => faults.unless(*body == delivery.body, || {
                    format!("I5: {} repeated otherwise", delivery.id())
                }),
                None => {
                    bodies.insert(delivery.id(), &delivery.body);
                    first.push(event);
                }
            }
        }
        sequences(&first, "webhooks", faults);
        let listed: BTreeMap<&str, &Value> = self
            .events
            .iter()
            .map(|event| (text(event, "id"), event))
            .collect();
        // The receiver may have got what came after the list was read.
        let last = self.events.last().map_or("", |event| text(event, "id"));
        for event in first.iter().filter(|event| text(event, "id") <= last) {
            let same = listed
                .get(text(event, "id"))
                .is_some_and(|listed| *listed == event);
            faults.unless(same, || {
                format!("I5: delivered, and not the same in the list: {event}")
            });
        }
    }
}

/// I5: the numbers of an outlet's events rise by one, and each names the one before.
fn sequences(events: &[Value], place: &str, faults: &mut Faults) {
    let mut last: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
    for event in events {
        let Some(outlet) = event["outlet_id"].as_str() else {
            faults.unless(event["sequence"].is_null(), || {
                format!("I5: {place}: a number without an outlet: {event}")
            });
            continue;
        };
        let (sequence, id) = (number(event, "sequence"), text(event, "id"));
        if let Some((before, before_id)) = last.insert(outlet, (sequence, id)) {
            faults.unless(sequence == before + 1, || {
                format!("I5: {place}: {outlet}: {before} then {sequence}: {event}")
            });
            faults.unless(event["previous_event_id"] == before_id, || {
                format!("I5: {place}: not after {before_id}: {event}")
            });
        }
    }
}

fn ids_are_unique(events: &[Value], faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for event in events {
        faults.unless(seen.insert(text(event, "id")), || {
            format!("I5: listed twice: {event}")
        });
    }
}

/// The events of one type.
pub fn of_type<'a>(events: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |event| event["type"] == kind)
}

/// The whole minutes in which an outlet's status was measured, unasked, in minutes since 1970; each once.
pub fn minutes_measured(events: &[Value], outlet_id: &str) -> Vec<i64> {
    let of_outlet = of_type(events, "outlet.status").filter(|event| event["outlet_id"] == outlet_id);
    let unasked = of_outlet.filter(|event| event["data"]["requested"] != true);
    let mut minutes: Vec<i64> = unasked
        .map(|event| seconds(&event["data"]["measured_at"]).unwrap() as i64 / 60)
        .collect();
    minutes.dedup();
    minutes
}

/// Seconds since 1970 of a time in JSON.
pub fn seconds(time: &Value) -> Option<f64> {
    let moment: jiff::Timestamp = time.as_str()?.parse().ok()?;
    Some(moment.as_microsecond() as f64 / 1e6)
}

fn seconds_between(from: &Value, to: &Value) -> Option<f64> {
    Some(seconds(to)? - seconds(from)?)
}

fn is_final(session: &Value) -> bool {
    ["ended", "failed"].contains(&text(session, "state"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn number(value: &Value, key: &str) -> i64 {
    value[key].as_i64().unwrap_or(i64::MIN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(sequence: i64) -> Value {
        let (id, before) = (format!("evt_{sequence}"), format!("evt_{}", sequence - 1));
        json!({"id": id, "type": "outlet.status", "outlet_id": "out_1", "sequence": sequence, "previous_event_id": before})
    }

    fn session(energized: u8, ended: u8, registers: (i64, i64), energy_wh: i64) -> Value {
        json!({"id": format!("ses_{energized}"), "outlet_id": "out_1", "state": "ended", "energy_wh": energy_wh,
            "start_register_wh": registers.0, "stop_register_wh": registers.1,
            "energized_at": format!("2026-11-20T0{energized}:00:00.000Z"),
            "ended_at": format!("2026-11-20T0{ended}:00:00.000Z")})
    }

    fn good() -> Evidence {
        Evidence {
            events: vec![event(4), event(5), event(6)],
            sessions: vec![session(1, 2, (1000, 1500), 500), session(3, 4, (1500, 1600), 100)],
            delivered_mwh: [("out_1".to_owned(), 600_400)].into(),
            ..Evidence::default()
        }
    }

    #[track_caller]
    fn assert_finds(evidence: &Evidence, fault: &str) {
        let faults = evidence.faults();
        assert!(
            faults.iter().any(|f| f.starts_with(fault)),
            "{fault} not in {faults:?}"
        );
    }

    #[test]
    fn a_good_run_is_good() {
        assert_eq!(good().faults(), Vec::<String>::new());
    }

    #[test]
    fn a_missing_event_is_found() {
        let mut run = good();
        run.events.remove(1);
        assert_finds(&run, "I5: list: out_1: 4 then 6");
    }

    #[test]
    fn energy_out_of_nothing_and_energy_lost_are_found() {
        for delivered in [590_000, 610_000] {
            let mut run = good();
            run.delivered_mwh.insert("out_1".into(), delivered);
            assert_finds(&run, "I1: out_1");
        }
        let mut run = good();
        run.sessions[0]["energy_wh"] = 499.into();
        assert_finds(&run, "I1: 499 Wh is not 1500 − 1000");
    }

    #[test]
    fn sessions_that_overlap_are_found() {
        let mut run = good();
        run.sessions[1] = session(1, 4, (1400, 1500), 100);
        assert_finds(&run, "I2");
    }

    #[test]
    fn a_command_without_an_outcome_and_one_with_two_are_found() {
        let command = json!({"id": "cmd_1", "state": "confirmed", "reason": null,
            "created_at": "2026-11-20T01:00:00.000Z", "completed_at": "2026-11-20T01:00:02.000Z"});
        let told = json!({"id": "evt_9", "type": "command.completed", "outlet_id": null, "data": {"command": command}});
        let mut run = good();
        run.commands.push(command);
        assert_finds(&run, "I4: 0 outcomes");
        run.events.extend([told.clone(), told]);
        assert_finds(&run, "I4: 2 outcomes");
    }
}

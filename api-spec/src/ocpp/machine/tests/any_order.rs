//! Any sequence of events: one call at a time, and one outcome for each.

use proptest::prelude::*;

use super::machine;
use crate::ocpp::machine::{CallFailure, Machine, Output};

#[derive(Clone, Debug)]
enum Event {
    Call,
    Answer { number: u64, refused: bool },
    Incoming(u8),
    Reply(u8),
    Garbage,
    Wait(u64),
    Close,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => Just(Event::Call),
        8 => (0..40_u64, any::<bool>()).prop_map(|(number, refused)| Event::Answer { number, refused }),
        3 => (0..4_u8).prop_map(Event::Incoming),
        3 => (0..4_u8).prop_map(Event::Reply),
        1 => Just(Event::Garbage),
        4 => (0..1_500_u64).prop_map(Event::Wait),
        1 => Just(Event::Close),
    ]
}

/// What an outside observer counts.
#[derive(Default)]
struct Seen {
    outcomes: Vec<u32>,
    in_flight: i32,
    open: Vec<String>,
}

impl Seen {
    fn take(&mut self, outputs: impl IntoIterator<Item = Output<u32>>) {
        for output in outputs {
            match output {
                Output::Send(text) => self.in_flight += i32::from(text.starts_with("[2,")),
                Output::Outcome { token, result, .. } => {
                    self.in_flight -= i32::from(!matches!(result, Err(CallFailure::Closed { sent: false })));
                    self.outcomes.push(token);
                }
                Output::Incoming { id, .. } => {
                    assert!(!self.open.contains(&id), "{id} was handed out twice");
                    self.open.push(id);
                }
                Output::Notice { .. } | Output::Noted(_) => {}
            }
            assert!((0..=1).contains(&self.in_flight), "one call at a time");
        }
    }
}

fn apply(machine: &mut Machine<u32>, seen: &mut Seen, event: Event, now_ms: &mut u64, taken: &mut u32) {
    match event {
        Event::Call => {
            if let Ok(outputs) = machine.call(*taken, "Reset", "{}", *now_ms) {
                *taken += 1;
                seen.take(outputs);
            }
        }
        Event::Answer {
            number,
            refused: false,
        } => {
            seen.take(machine.receive(&format!(r#"[3,"c-{number}",{{}}]"#), *now_ms));
        }
        Event::Answer {
            number,
            refused: true,
        } => {
            seen.take(machine.receive(&format!(r#"[4,"c-{number}","GenericError","",{{}}]"#), *now_ms));
        }
        Event::Incoming(id) => {
            seen.take(machine.receive(&format!(r#"[2,"s{id}","Heartbeat",{{}}]"#), *now_ms))
        }
        Event::Reply(id) => {
            seen.open.retain(|open| *open != format!("s{id}"));
            seen.take([machine.answer(&format!("s{id}"), Ok("{}".into()), *now_ms)]);
        }
        Event::Garbage => seen.take(machine.receive("[3", *now_ms)),
        Event::Wait(ms) => {
            *now_ms += ms;
            seen.take(machine.tick(*now_ms));
        }
        Event::Close => seen.take(machine.close()),
    }
}

proptest! {
    #[test]
    fn every_call_gets_exactly_one_outcome_whatever_happens(events in proptest::collection::vec(event(), 0..120)) {
        let (mut machine, mut seen, mut now_ms, mut taken) = (machine(), Seen::default(), 0, 0);
        for event in events {
            apply(&mut machine, &mut seen, event, &mut now_ms, &mut taken);
            prop_assert_eq!(seen.outcomes.len() + machine.pending_calls(), taken as usize);
        }
        seen.take(machine.close());
        prop_assert_eq!(seen.outcomes, (0..taken).collect::<Vec<_>>());
    }
}

//! The peer's calls: repeated, reused, too many.

use serde_json::value::RawValue;

use super::{HEARTBEAT, machine, told};
use crate::ocpp::machine::{Limits, Machine, Output};
use crate::ocpp::{CallError, ErrorCode, Version};

#[test]
fn a_call_repeated_while_it_is_worked_on_is_handed_out_once() {
    let mut machine = machine();
    machine.receive(HEARTBEAT, 0);
    assert_eq!(
        told(machine.receive(HEARTBEAT, 1)),
        [r#"noted DuplicateCall { id: "s1" }"#]
    );
}

#[test]
fn a_call_repeated_after_its_answer_gets_the_same_answer() {
    let mut machine = machine();
    machine.receive(HEARTBEAT, 0);
    machine.answer(
        "s1",
        Err(CallError::new(ErrorCode::InternalError, "disk full")),
        1,
    );
    let again = told(machine.receive(HEARTBEAT, 2));
    assert_eq!(
        again,
        [
            r#"send [4,"s1","InternalError","disk full",{}]"#,
            r#"noted RepeatedCall { id: "s1" }"#
        ]
    );
}

#[test]
fn an_old_answer_is_forgotten_and_the_call_is_worked_on_again() {
    let mut machine = machine();
    machine.receive(HEARTBEAT, 0);
    machine.answer("s1", Ok("{}".into()), 0);
    assert!(matches!(
        machine.receive(HEARTBEAT, 59_999).as_slice(),
        [Output::Send(_), Output::Noted(_)]
    ));
    assert_eq!(
        told(machine.receive(HEARTBEAT, 60_000)),
        ["incoming s1 Heartbeat {}"]
    );
}

#[test]
fn answers_are_kept_only_as_far_as_their_number_and_bytes_allow() {
    let limits = Limits {
        kept_answers: 2,
        kept_bytes: 100,
        ..Limits::default()
    };
    let mut machine = Machine::<u32>::new(Version::V21, "c-", limits);
    let mut ask = |id: &str, answer: String| {
        let outputs = machine.receive(&format!(r#"[2,"{id}","Heartbeat",{{}}]"#), 0);
        let handed_out = matches!(outputs.as_slice(), [Output::Incoming { .. }]);
        machine.answer(id, Ok(answer), 0);
        handed_out
    };
    assert!(ask("a", "{}".into()) && ask("b", "{}".into()) && ask("c", "{}".into()));
    assert!(
        !ask("b", "{}".into()) && !ask("c", "{}".into()),
        "the last two are kept"
    );
    assert!(ask("a", "{}".into()), "the third last is not");
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(60));
    assert!(
        ask("d", large.clone()) && ask("e", large.clone()),
        "together they are too large"
    );
    assert!(ask("d", large) && ask("e", "{}".into()));
    let too_large = format!(r#"{{"x":"{}"}}"#, "x".repeat(200));
    assert!(
        ask("f", too_large.clone()) && ask("f", too_large),
        "alone it is too large"
    );
}

#[test]
fn an_id_reused_for_another_call_is_ignored_while_the_first_is_worked_on() {
    let mut machine = machine();
    machine.receive(HEARTBEAT, 0);
    let other = r#"[2,"s1","StatusNotification",{}]"#;
    assert_eq!(told(machine.receive(other, 1)), [r#"noted IdInUse { id: "s1" }"#]);
}

#[test]
fn an_id_reused_after_its_answer_is_a_new_call() {
    let mut machine = machine();
    machine.receive(HEARTBEAT, 0);
    machine.answer("s1", Ok("{}".into()), 1);
    let other = r#"[2,"s1","StatusNotification",{}]"#;
    let expected = [
        r#"noted IdReused { id: "s1" }"#,
        "incoming s1 StatusNotification {}",
    ];
    assert_eq!(told(machine.receive(other, 2)), expected);
    machine.answer("s1", Ok(r#"{"x":1}"#.into()), 3);
    assert_eq!(
        told(machine.receive(other, 4)).first().unwrap(),
        r#"send [3,"s1",{"x":1}]"#
    );
}

#[test]
fn more_open_calls_than_allowed_are_refused() {
    let mut machine = machine();
    for id in ["a", "b"] {
        machine.receive(&format!(r#"[2,"{id}","Heartbeat",{{}}]"#), 0);
    }
    let expected = [
        r#"send [4,"s1","GenericError","too many unanswered calls",{}]"#,
        r#"noted TooManyCalls { id: "s1" }"#,
    ];
    assert_eq!(told(machine.receive(HEARTBEAT, 0)), expected);
    machine.answer("a", Ok("{}".into()), 1);
    assert_eq!(told(machine.receive(HEARTBEAT, 2)), ["incoming s1 Heartbeat {}"]);
}

#[test]
fn a_call_is_answered_once() {
    let mut machine = machine();
    machine.receive(HEARTBEAT, 0);
    machine.answer("s1", Ok("{}".into()), 1);
    assert_eq!(
        told([machine.answer("s1", Ok("{}".into()), 2)]),
        [r#"noted NothingToAnswer { id: "s1" }"#]
    );
}

#[test]
fn a_payload_is_passed_on_byte_by_byte() {
    let mut machine = machine();
    let text = r#"[2,"s1","DataTransfer",{"b": 1.50, "a":"\u96fb"}]"#;
    let outputs = machine.receive(text, 0);
    let [Output::Incoming { payload, .. }] = outputs.as_slice() else {
        panic!()
    };
    assert_eq!(RawValue::get(payload), r#"{"b": 1.50, "a":"\u96fb"}"#);
}

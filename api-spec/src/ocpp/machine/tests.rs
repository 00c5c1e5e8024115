//! What can go wrong between two ends of a connection, one story per test.

mod any_order;
mod their_calls;

use super::{CallFailure, Limits, Machine, NotTaken, Oddity, Output};
use crate::ocpp::{CallError, ErrorCode, Frame, Version};

const HEARTBEAT: &str = r#"[2,"s1","Heartbeat",{}]"#;

fn machine() -> Machine<u32> {
    let limits = Limits {
        call_timeout_ms: 1_000,
        waiting_calls: 2,
        open_calls: 2,
        kept_answers: 2,
        ..Limits::default()
    };
    Machine::new(Version::V21, "c-", limits)
}

/// One word per output, as a table for the eye.
fn told(outputs: impl IntoIterator<Item = Output<u32>>) -> Vec<String> {
    let told = |output| match output {
        Output::Send(text) => format!("send {text}"),
        Output::Incoming { id, action, payload } => format!("incoming {id} {action} {payload}"),
        Output::Notice { action, payload } => format!("notice {action} {payload}"),
        Output::Outcome {
            token,
            result: Ok(payload),
            ..
        } => format!("{token} got {payload}"),
        Output::Outcome {
            token,
            result: Err(failure),
            ..
        } => format!("{token} failed: {failure}"),
        Output::Noted(oddity) => format!("noted {oddity:?}"),
    };
    outputs.into_iter().map(told).collect()
}

fn call(machine: &mut Machine<u32>, token: u32, now_ms: u64) -> Vec<String> {
    told(machine.call(token, "Reset", "{}", now_ms).unwrap())
}

#[test]
fn a_call_is_sent_and_its_answer_is_its_outcome() {
    let mut machine = machine();
    assert_eq!(call(&mut machine, 7, 0), [r#"send [2,"c-1","Reset",{}]"#]);
    assert_eq!(machine.next_deadline_ms(), Some(1_000));
    assert_eq!(
        told(machine.receive(r#"[3,"c-1",{"status":"Accepted"}]"#, 5)),
        [r#"7 got {"status":"Accepted"}"#]
    );
    assert_eq!(machine.next_deadline_ms(), None);
}

#[test]
fn calls_go_one_at_a_time_and_each_refusal_sends_the_next() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    assert!(call(&mut machine, 2, 0).is_empty());
    assert_eq!(
        told(machine.receive(r#"[4,"c-1","NotSupported","no",{}]"#, 400)),
        [
            "1 failed: refused with NotSupported: no",
            r#"send [2,"c-2","Reset",{}]"#
        ]
    );
    assert_eq!(
        machine.next_deadline_ms(),
        Some(1_400),
        "counted from the sending"
    );
}

#[test]
fn a_call_that_cannot_wait_goes_past_the_others_and_each_gets_its_own_answer() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    call(&mut machine, 2, 0);
    let sent = machine.call_at_once(3, "Stop", "{}", 100).unwrap();
    assert_eq!(told([sent]), [r#"send [2,"c-3","Stop",{}]"#]);
    assert_eq!(
        (machine.pending_calls(), machine.next_deadline_ms()),
        (3, Some(1_000))
    );
    assert_eq!(told(machine.receive(r#"[3,"c-3",{}]"#, 200)), ["3 got {}"]);
    assert_eq!(
        told(machine.tick(1_000)),
        ["1 failed: no answer in time", r#"send [2,"c-2","Reset",{}]"#]
    );
}

#[test]
fn as_many_calls_as_may_wait_go_past_the_others_and_all_end_with_the_connection() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    for token in [2, 3] {
        machine.call_at_once(token, "Stop", "{}", 0).unwrap();
    }
    let full = machine.call_at_once(4, "Stop", "{}", 0);
    assert!(matches!(full, Err(NotTaken::Full(4))), "{full:?}");
    let closed = told(machine.close());
    assert_eq!(
        closed,
        [1, 2, 3].map(|token| format!("{token} failed: connection closed (sent: true)"))
    );
    let late = machine.call_at_once(5, "Stop", "{}", 0);
    assert!(matches!(late, Err(NotTaken::Closed(5))), "{late:?}");
}

#[test]
fn a_silent_peer_fails_only_the_call_it_did_not_answer() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    call(&mut machine, 2, 0);
    assert!(told(machine.tick(999)).is_empty());
    assert_eq!(
        told(machine.tick(1_000)),
        ["1 failed: no answer in time", r#"send [2,"c-2","Reset",{}]"#]
    );
    assert_eq!(told(machine.receive(r#"[3,"c-2",{}]"#, 1_500)), ["2 got {}"]);
}

#[test]
fn a_late_answer_is_noted_and_does_not_answer_the_next_call() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    call(&mut machine, 2, 0);
    machine.tick(1_000);
    assert_eq!(
        told(machine.receive(r#"[3,"c-1",{}]"#, 1_001)),
        [r#"noted LateAnswer { id: "c-1" }"#]
    );
    assert_eq!(machine.pending_calls(), 1);
}

#[test]
fn a_very_late_answer_matches_no_later_call() {
    let mut machine = machine();
    for token in 0..100 {
        call(&mut machine, token, u64::from(token) * 1_000);
        machine.tick(u64::from(token) * 1_000 + 1_000);
    }
    call(&mut machine, 100, 200_000);
    for id in 1..=100 {
        let text = format!(r#"[3,"c-{id}",{{}}]"#);
        assert_eq!(
            told(machine.receive(&text, 200_001)),
            [format!(r#"noted LateAnswer {{ id: "c-{id}" }}"#)]
        );
    }
    assert_eq!(
        told(machine.receive(r#"[3,"c-101",{}]"#, 200_002)),
        ["100 got {}"]
    );
}

#[test]
fn an_answer_to_no_call_is_ignored() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    call(&mut machine, 2, 0);
    for id in ["c-0", "c-3", "1", "x-1", "-1"] {
        let outputs = machine.receive(&format!(r#"[3,"{id}",{{}}]"#), 1);
        assert!(
            matches!(outputs.as_slice(), [Output::Noted(Oddity::UnknownAnswer { .. })]),
            "{id}"
        );
    }
    let unsent = machine.receive(r#"[3,"c-2",{}]"#, 1);
    assert!(
        matches!(unsent.as_slice(), [Output::Noted(_)]),
        "a call that waits cannot be answered"
    );
    assert_eq!(machine.pending_calls(), 2);
}

#[test]
fn a_second_answer_to_the_same_call_is_late() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    machine.receive(r#"[3,"c-1",{}]"#, 1);
    assert_eq!(
        told(machine.receive(r#"[4,"c-1","GenericError","",{}]"#, 2)),
        [r#"noted LateAnswer { id: "c-1" }"#]
    );
}

#[test]
fn a_full_queue_gives_the_token_back() {
    let mut machine = machine();
    for token in 0..3 {
        call(&mut machine, token, 0);
    }
    assert_eq!(machine.call(3, "Reset", "{}", 0).unwrap_err(), NotTaken::Full(3));
    machine.receive(r#"[3,"c-1",{}]"#, 1);
    assert!(call(&mut machine, 4, 2).is_empty(), "there is room again");
}

#[test]
fn the_peer_is_served_while_our_own_call_is_in_flight() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    assert_eq!(told(machine.receive(HEARTBEAT, 1)), ["incoming s1 Heartbeat {}"]);
    assert_eq!(
        told([machine.answer("s1", Ok("{}".into()), 2)]),
        [r#"send [3,"s1",{}]"#]
    );
    assert_eq!(told(machine.receive(r#"[3,"c-1",{}]"#, 3)), ["1 got {}"]);
}

#[test]
fn the_same_id_in_both_directions_is_two_calls() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    assert_eq!(
        told(machine.receive(r#"[2,"c-1","Heartbeat",{}]"#, 1)),
        ["incoming c-1 Heartbeat {}"]
    );
    assert_eq!(told(machine.receive(r#"[3,"c-1",{}]"#, 2)), ["1 got {}"]);
    assert_eq!(
        told([machine.answer("c-1", Ok("{}".into()), 3)]),
        [r#"send [3,"c-1",{}]"#]
    );
}

#[test]
fn a_malformed_frame_is_answered_with_an_error() {
    let mut machine = machine();
    let outputs = told(machine.receive("gibberish", 0));
    assert_eq!(
        outputs.first().unwrap(),
        r#"send [4,"-1","RpcFrameworkError","not a JSON array",{}]"#
    );
    let outputs = told(machine.receive(r#"[2,"s1","Heartbeat",[]]"#, 0));
    assert_eq!(
        outputs.first().unwrap(),
        r#"send [4,"s1","FormatViolation","the payload is not an object",{}]"#
    );
}

#[test]
fn an_unknown_message_type_is_answered_with_its_own_code() {
    let outputs = told(machine().receive(r#"[9,"s1","Heartbeat",{}]"#, 0));
    assert_eq!(
        outputs.first().unwrap(),
        r#"send [4,"s1","MessageTypeNotSupported","unknown message type",{}]"#
    );
}

#[test]
fn a_malformed_answer_fails_its_call_and_is_not_answered() {
    let mut machine = machine();
    call(&mut machine, 1, 0);
    let outputs = machine.receive(r#"[3,"c-1"]"#, 1);
    assert!(matches!(
        outputs.as_slice(),
        [
            Output::Outcome {
                token: 1,
                result: Err(CallFailure::Unreadable(_)),
                ..
            },
            Output::Noted(_)
        ]
    ));
    assert!(matches!(
        machine.receive(r#"[3,"c-1"]"#, 2).as_slice(),
        [Output::Noted(Oddity::Malformed(_))]
    ));
}

#[test]
fn messages_without_an_answer_go_both_ways_in_2_1_and_not_before() {
    let mut machine = machine();
    let sent = told(machine.notify("NotifyPeriodicEventStream", "{}"));
    assert_eq!(sent, [r#"send [6,"c-1","NotifyPeriodicEventStream",{}]"#]);
    assert_eq!(
        told(machine.receive(r#"[6,"s1","Tick",{}]"#, 0)),
        ["notice Tick {}"]
    );
    let error = CallError::new(ErrorCode::TypeConstraintViolation, "");
    let sent = told(machine.reject_result("c-9", &error));
    assert_eq!(sent, [r#"send [5,"c-9","TypeConstraintViolation","",{}]"#]);
    let refused = machine.receive(r#"[5,"s1","FormatViolation","",{}]"#, 0);
    assert!(matches!(
        refused.as_slice(),
        [Output::Noted(Oddity::AnswerRefused { .. })]
    ));

    let mut old = Machine::<u32>::new(Version::V201, "c-", Limits::default());
    assert!(old.notify("NotifyPeriodicEventStream", "{}").is_none());
    assert!(old.reject_result("c-9", &error).is_none());
}

#[test]
fn closing_fails_every_call_once_and_tells_which_were_sent() {
    let mut machine = machine();
    for token in 0..3 {
        call(&mut machine, token, 0);
    }
    machine.receive(HEARTBEAT, 0);
    let expected = [
        "0 failed: connection closed (sent: true)",
        "1 failed: connection closed (sent: false)",
        "2 failed: connection closed (sent: false)",
    ];
    assert_eq!(told(machine.close()), expected);
    assert!(machine.close().is_empty());
    assert!(machine.tick(9_999).is_empty());
    assert!(machine.receive(HEARTBEAT, 9_999).is_empty());
    assert_eq!(
        machine.call(9, "Reset", "{}", 9_999).unwrap_err(),
        NotTaken::Closed(9)
    );
    assert!(matches!(
        machine.answer("s1", Ok("{}".into()), 9_999),
        Output::Noted(_)
    ));
}

#[test]
fn a_long_prefix_still_makes_ids_that_fit() {
    let mut machine = Machine::new(Version::V21, &"p".repeat(99), Limits::default());
    let Ok(Some(Output::Send(text))) = machine.call(1, "Reset", "{}", 0) else {
        panic!()
    };
    assert!(Frame::parse(&text, Version::V21).is_ok());
}

//! Frames are read as they are written, and bad ones say what is wrong with them.

use proptest::prelude::*;
use serde_json::value::RawValue;

use super::{BadFrame, Frame, call, call_error, call_result, call_result_error, send};
use crate::ocpp::{CallError, ErrorCode, Version};

fn fault(text: &str) -> BadFrame {
    match Frame::parse(text, Version::V21) {
        Ok(frame) => panic!("{text} was read as {frame:?}"),
        Err(fault) => fault,
    }
}

#[test]
fn a_call_is_read_without_looking_into_its_payload() {
    let text = r#" [2, "a\"1", "Heartbeat", {"x": [1, 2]}] "#;
    let Ok(Frame::Call { id, action, payload }) = Frame::parse(text, Version::V201) else {
        panic!()
    };
    assert_eq!(
        (&*id, &*action, payload.get()),
        ("a\"1", "Heartbeat", r#"{"x": [1, 2]}"#)
    );
}

#[test]
fn every_frame_is_read_as_it_was_written() {
    let error = CallError::new(ErrorCode::SecurityError, "no \"way\"\n");
    let read = |text: &str| format!("{:?}", Frame::parse(text, Version::V21).unwrap());
    for (text, kind) in [
        (call("i", "A", "{}"), "Call {"),
        (call_result("i", "{}"), "CallResult {"),
        (call_error("i", &error), "CallError {"),
        (call_result_error("i", &error), "CallResultError {"),
        (send("i", "A", "{}"), "Send {"),
    ] {
        assert!(read(&text).starts_with(kind), "{text}");
    }
    let text = call_error("i", &error);
    let Ok(Frame::CallError { error: back, .. }) = Frame::parse(&text, Version::V201) else {
        panic!()
    };
    assert_eq!((back.code, back.description), (error.code, error.description));
    assert_eq!(back.details.as_deref().map(RawValue::get), Some("{}"));
}

#[test]
fn a_long_description_is_cut_after_255_characters() {
    let text = call_error("i", &CallError::new(ErrorCode::GenericError, "電".repeat(300)));
    let Ok(Frame::CallError { error, .. }) = Frame::parse(&text, Version::V21) else {
        panic!()
    };
    assert_eq!(error.description.chars().count(), 255);
}

#[test]
fn an_error_frame_may_lack_description_and_details() {
    let Ok(Frame::CallError { error, .. }) = Frame::parse(r#"[4,"i","NotSupported"]"#, Version::V201) else {
        panic!()
    };
    assert_eq!(
        (error.code, error.description.as_str()),
        (ErrorCode::NotSupported, "")
    );
    assert!(error.details.is_none());
}

#[test]
fn each_bad_frame_names_its_id_and_its_code() {
    use ErrorCode::{FormatViolation, MessageTypeNotSupported, RpcFrameworkError};
    let table = [
        ("", "-1", RpcFrameworkError),
        ("hello", "-1", RpcFrameworkError),
        ("{}", "-1", RpcFrameworkError),
        (r#"[2,"i","A",{}"#, "-1", RpcFrameworkError),
        ("[]", "-1", RpcFrameworkError),
        (r#"[2,7,"A",{}]"#, "-1", RpcFrameworkError),
        (r#"[2,"","A",{}]"#, "-1", RpcFrameworkError),
        (
            r#"[2,"1234567890123456789012345678901234567","A",{}]"#,
            "-1",
            RpcFrameworkError,
        ),
        (r#"["2","i","A",{}]"#, "i", RpcFrameworkError),
        (r#"[2.5,"i","A",{}]"#, "i", RpcFrameworkError),
        (r#"[2,"i"]"#, "i", RpcFrameworkError),
        (r#"[2,"i",5,{}]"#, "i", RpcFrameworkError),
        (r#"[2,"i","A"]"#, "i", RpcFrameworkError),
        (r#"[2,"i","A",{},{}]"#, "i", RpcFrameworkError),
        (r#"[2,"i","A",{},1,2,3,4,5]"#, "i", RpcFrameworkError),
        (r#"[2,"i","A",[]]"#, "i", FormatViolation),
        (r#"[2,"i","A",null]"#, "i", FormatViolation),
        (r#"[1,"i","A",{}]"#, "i", MessageTypeNotSupported),
        (r#"[7,"i","A",{}]"#, "i", MessageTypeNotSupported),
    ];
    for (text, id, code) in table {
        let fault = fault(text);
        assert_eq!(
            (fault.id.as_str(), fault.code, fault.is_answer),
            (id, code, false),
            "{text}"
        );
    }
}

#[test]
fn a_bad_answer_is_marked_so_that_nobody_answers_it() {
    for text in [
        r#"[3,"i"]"#,
        r#"[3,"i",5]"#,
        r#"[4,"i"]"#,
        r#"[5,"i"]"#,
        r#"[3,9,{}]"#,
    ] {
        assert!(fault(text).is_answer, "{text}");
    }
}

#[test]
fn an_id_of_36_characters_is_short_enough_in_any_script() {
    let text = call(&"電".repeat(36), "A", "{}");
    assert!(Frame::parse(&text, Version::V201).is_ok());
}

#[test]
fn version_2_0_1_knows_neither_send_nor_call_result_error() {
    for text in [
        send("i", "A", "{}"),
        call_result_error("i", &CallError::new(ErrorCode::GenericError, "")),
    ] {
        let fault = Frame::parse(&text, Version::V201).unwrap_err();
        assert_eq!(
            (fault.id.as_str(), fault.code),
            ("i", ErrorCode::MessageTypeNotSupported),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_a_frame_or_a_fault_and_never_a_panic(text in ".{0,60}") {
        let _ = Frame::parse(&text, Version::V21);
    }

    #[test]
    fn any_array_is_a_frame_or_a_fault_and_never_a_panic(
        parts in proptest::collection::vec(prop_oneof!["[0-9]{1,3}", "\"[a-z\\\\\"]{0,4}\"", Just("{}".to_owned())], 0..7)
    ) {
        let _ = Frame::parse(&format!("[{}]", parts.join(",")), Version::V21);
    }

    #[test]
    fn any_id_and_action_survive_writing_and_reading(id in ".{1,36}", action in ".{1,36}") {
        let text = call(&id, &action, "{}");
        let frame = Frame::parse(&text, Version::V201);
        let Ok(Frame::Call { id: id_back, action: action_back, .. }) = frame else { panic!("{text}") };
        prop_assert_eq!((&*id_back, &*action_back), (id.as_str(), action.as_str()));
    }
}

//! Texts of an OCPP peer, after each other: the machine settles each of our calls at most once.
#![no_main]

use api_spec::ocpp::Version;
use api_spec::ocpp::machine::{Limits, Machine, Output};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    for version in [Version::V201, Version::V21] {
        let mut machine = Machine::new(version, "c", Limits::default());
        let first = machine.call(1, "Heartbeat", "{}", 0).expect("it is open");
        assert!(first.is_some());
        let mut outcomes = 0;
        for (place, line) in text.split('\n').enumerate() {
            let now_ms = place as u64;
            let outputs = machine.receive(line, now_ms);
            outcomes += outputs.iter().filter(|output| matches!(output, Output::Outcome { .. })).count();
        }
        assert!(outcomes <= 1, "{outcomes} outcomes of one call");
    }
});

//! Panel files: a broken one is refused with a line, and in what is accepted no two outlets share an output.
#![no_main]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use outlet_controller::modbus::library::Library;
use outlet_controller::modbus::panel::{Command, Panel};

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::shipped().expect("what is shipped is sound"));

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let panel = match Panel::parse(Path::new("fuzz.toml"), text, &LIBRARY) {
        Ok(panel) => panel,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!panel.outlets.is_empty());
    let mut coils = BTreeSet::new();
    for outlet in &panel.outlets {
        if let Command::Maintained { close, .. } = &outlet.command {
            let place = &close.place;
            assert!(place.unit.id != 0, "a broadcast");
            assert!(!place.unit.device.forbids_write(place.area, place.addr), "a forbidden write");
            let key = (place.unit.name.clone(), place.area.read_function(), place.addr);
            assert!(coils.insert(key), "one output for two outlets");
        }
    }
});

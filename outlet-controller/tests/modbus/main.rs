//! Panels over real sockets: servers that behave, and servers that do not.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod bus;
mod dead;
mod described;
mod doubts;
mod echoes;
mod how_tos;
mod identity;
mod late;
mod panel_io;
mod peer;
mod plant;
mod pulses;
mod raw;
mod serial;

use std::net::SocketAddr;
use std::path::Path;

use outlet_controller::modbus::library::{Library, shipped_panel};
use outlet_controller::modbus::panel::Panel;

/// What tests of silence change: the others have patience, as the machine may be busy.
const HASTY: (&str, &str) = ("timeout_ms = 1000", "timeout_ms = 100");

/// A shipped panel, at an address of ours, with replacements in its file.
fn panel(name: &str, at: SocketAddr, changes: &[(&str, &str)]) -> Panel {
    let patient = shipped_panel(name)
        .unwrap()
        .replace(r#"{ bus = "a","#, r#"{ bus = "a", timeout_ms = 1000,"#);
    let text = changes.iter().fold(patient, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let mut panel = Panel::parse(Path::new(name), &text, &Library::shipped().unwrap()).unwrap();
    assert!(panel.redirect("a", at));
    panel
}

/// A shipped panel as it is.
fn impatient_panel(name: &str) -> Panel {
    let text = shipped_panel(name).unwrap();
    Panel::parse(Path::new(name), &text, &Library::shipped().unwrap()).unwrap()
}

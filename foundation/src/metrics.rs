//! Figures for Prometheus: counters that are cheap to move, the text that is read, and the door where it is.

mod counters;
#[cfg(feature = "http")]
mod door;
#[cfg(feature = "http")]
mod requests;
mod text;

pub use counters::{Counts, Durations};
#[cfg(feature = "http")]
pub use door::{Render, serve};
#[cfg(feature = "http")]
pub use requests::{RequestWatch, Requests};
pub use text::{Family, Kind, Labels, Seconds, Text};

/// What every program tells of itself first.
pub fn program(text: &mut Text, program: &'static str, version: &'static str, is_ready: bool) {
    text.family("denro_build_info", Kind::Gauge, "The running program.")
        .sample(&[("program", program), ("version", version)], 1);
    text.family(
        "denro_ready",
        Kind::Gauge,
        "1 if the program can do its work: what /readyz says.",
    )
    .sample(&[], u8::from(is_ready));
}

/// A gauge without labels; no sample where nobody knows.
pub fn gauge(text: &mut Text, name: &'static str, help: &str, value: Option<impl std::fmt::Display>) {
    text.family(name, Kind::Gauge, help).sample_if_known(&[], value);
}

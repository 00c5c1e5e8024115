//! What every program stands on: configuration, database threads, clock, identifiers, secrets, listeners.

pub mod audit;
pub mod certificate;
pub mod cli;
#[cfg(feature = "http")]
pub mod client_certificate;
pub mod clock;
pub mod code_signature;
pub mod config;
pub mod db;
#[cfg(feature = "http")]
pub mod dpop;
pub mod ids;
pub mod language;
pub mod listen;
pub mod lock;
pub mod logging;
#[cfg(feature = "mail")]
pub mod mail;
pub mod metrics;
pub mod root_certificate;
pub mod secret_file;
pub mod secrets;
pub mod service;
pub mod service_manager;
#[cfg(feature = "telemetry")]
pub mod telemetry;
pub mod trace;
pub mod typed;

pub use clock::Clock;
pub use db::{Conn, Db, DbError};
pub use language::Language;
pub use service::Service;

/// What browsers show beside the title of the servers' pages, as SVG.
pub const FAVICON: &str = include_str!("../assets/favicon.svg");

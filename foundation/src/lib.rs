//! What every program stands on: configuration, database threads, clock, identifiers, secrets, listeners.

pub mod certificate;
pub mod cli;
#[cfg(feature = "http")]
pub mod client_certificate;
pub mod clock;
pub mod config;
pub mod db;
#[cfg(feature = "http")]
pub mod dpop;
pub mod ids;
pub mod language;
pub mod listen;
pub mod lock;
pub mod logging;
pub mod metrics;
pub mod root_certificate;
pub mod secrets;
pub mod service;
pub mod service_manager;
pub mod trace;

pub use clock::Clock;
pub use db::{Conn, Db, DbError};
pub use language::Language;
pub use service::Service;

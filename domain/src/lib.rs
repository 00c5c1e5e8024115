//! The rules of charging: no I/O, no clock, no async, no randomness. Time and observations come in as arguments.

pub mod driver;
pub mod ids;
pub mod limits;
pub mod meter;
pub mod observation;
pub mod outlet;
pub mod panel;
pub mod place;
pub mod price;
pub mod session;
pub mod statement;
pub mod units;

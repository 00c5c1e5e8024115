//! Finds what answers on a bus and says what it is. Reads only: no write, no broadcast.

mod caller;
pub(crate) mod dial;
mod frame;
mod identify;
mod plausible;
pub(crate) mod report;
pub(crate) mod search;
pub(crate) mod setting;

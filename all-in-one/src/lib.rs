//! The three programs in one process: the demo, and the small building's installation.

mod backup;
pub mod cli;
mod demo;
mod developer;
mod sandbox;
mod serve;
pub mod simulator;

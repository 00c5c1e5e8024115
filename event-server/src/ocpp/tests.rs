//! Stations on real sockets against the endpoint and its database.

mod changes;
mod charging;
mod connecting;
mod disorder;
mod drivers;
mod faults;
mod fleet;
mod limits;
mod many;
mod reserving;
mod station;
mod stopping;
mod world;

//! Stations on real sockets against the endpoint and its database.

mod accounts;
mod alarms;
mod changes;
mod charging;
mod connecting;
mod disorder;
mod drivers;
mod faults;
mod fleet;
mod limits;
mod many;
mod prices;
mod reserving;
mod statements;
mod station;
mod stopping;
mod world;

//! Stations on real sockets against the endpoint and its database.

mod accounts;
mod charging;
mod connecting;
mod disorder;
mod faults;
mod limits;
mod many;
mod prices;
mod station;
mod stopping;
mod world;

//! The words on the wire: REST, token, webhook and OCPP types, shared by every program and by the tests.

pub mod ocpp;
pub mod problem;
pub mod rest;
pub mod station_uri;
pub mod token;
pub mod webhook;

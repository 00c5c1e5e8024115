//! The event-server through its own doors: a started server, real HTTP, tokens signed here.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod acting;
mod alarms;
mod answers;
mod audit;
mod certificates;
mod circuits;
mod clock_steps;
mod codes;
mod console;
mod controller_certificates;
mod conventions;
mod deliveries;
mod drivers;
mod events;
mod examples;
mod exports;
mod fleet;
#[path = "../../../foundation/testing/dpop.rs"]
mod holder;
mod holders;
mod issuer;
mod jobs;
mod labels;
mod limits;
mod matrix;
mod meter_values;
mod openapi;
mod outlets;
mod repeats;
mod reservations;
mod resources;
mod sandbox;
mod session_changes;
mod sites;
mod stopping;
mod tariffs;
mod tenants;
mod tls;
mod tokens;
mod variables;
mod webhook_endpoints;
mod webhooks;
mod world;

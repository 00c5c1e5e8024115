//! The event-server through its own doors: a started server, real HTTP, tokens signed here.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod acting;
mod answers;
mod certificates;
mod circuits;
mod codes;
mod console;
mod controller_certificates;
mod conventions;
mod deliveries;
mod events;
#[path = "../../../foundation/testing/dpop.rs"]
mod holder;
mod holders;
mod issuer;
mod jobs;
mod labels;
mod limits;
mod openapi;
mod outlets;
mod resources;
mod sandbox;
mod sites;
mod stopping;
mod tenants;
mod tls;
mod tokens;
mod variables;
mod webhook_endpoints;
mod webhooks;
mod world;

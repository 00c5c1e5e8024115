//! The HTTP edge: routes, tokens, problems. Handlers shape requests and answers; operations do the work.

mod access;
mod answers;
mod circuits;
mod commands;
mod controllers;
mod deliveries;
mod events;
mod health;
mod idempotency;
mod if_match;
mod json;
mod labels;
mod language;
mod meta;
mod openapi;
mod outlets;
mod paging;
mod problems;
mod rate_limit;
mod routes;
mod sandbox;
mod server;
mod sessions;
mod sites;
mod texts;
mod tokens;
mod wait;
mod webhook_endpoints;

pub(crate) use access::{client_is_loopback, count_scan};
pub(crate) use language::{Language, language_of};
pub use openapi::{asyncapi_document, document as openapi_document};
pub(crate) use problems::{ApiError, nothing_here};
pub(crate) use rate_limit::RateLimit;
pub(crate) use routes::{at, configure};
pub(crate) use server::{Bound, Server, serve};
pub(crate) use tokens::Tokens;

//! Signing in: passwords looked at a few at a time, guesses counted before they are looked at, sessions of browsers.

mod attempts;
mod passwords;
mod priority;

pub(crate) use attempts::{Attempts, TooMany, forgive};
pub(crate) use passwords::Passwords;

//! What has happened on a bus, counted where it happens and read from anywhere.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Answer, BusError};

/// A count that only rises.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One bus, shared by its owner and those who look.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(super) requests: Count,
    answers: Count,
    timeouts: Count,
    crc_errors: Count,
    mismatches: Count,
    exceptions: Count,
    line_errors: Count,
    pub(super) connects: Count,
    /// How often each unit began to answer after a silence.
    returns: Mutex<BTreeMap<u8, u64>>,
    /// In microseconds; 0: there was no cycle yet.
    last_cycle_us: AtomicU64,
}

/// What has happened on one bus since it was opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BusStats {
    pub name: String,
    pub requests: u64,
    pub answers: u64,
    pub timeouts: u64,
    /// Frames whose checksum was wrong.
    pub crc_errors: u64,
    /// Answers that did not belong to their requests, and bytes that nobody asked for.
    pub mismatches: u64,
    /// Refusals by devices.
    pub exceptions: u64,
    /// Questions and orders that the line itself failed.
    pub line_errors: u64,
    pub connects: u64,
    /// How long the last look at everything took.
    pub last_cycle_ms: Option<f64>,
    /// How long it takes at least.
    pub theoretical_cycle_ms: f64,
}

impl Counters {
    pub(super) fn note(&self, result: &Result<Answer, BusError>) {
        match result {
            Ok(Ok(_)) => self.answers.add(),
            Ok(Err(_)) => self.exceptions.add(),
            Err(BusError::Timeout) => self.timeouts.add(),
            Err(BusError::Checksum) => self.crc_errors.add(),
            Err(BusError::Mismatch(_)) => self.mismatches.add(),
            Err(BusError::Io(_) | BusError::Connect(_) | BusError::Down) => self.line_errors.add(),
            Err(BusError::Unsure | BusError::Resting | BusError::Closed) => {}
        }
    }

    pub(super) fn heard_unasked(&self) {
        self.mismatches.add();
    }

    pub(super) fn returned(&self, unit: u8) {
        let mut returns = self.returns.lock().unwrap_or_else(PoisonError::into_inner);
        *returns.entry(unit).or_default() += 1;
    }

    /// Changes whenever another device could have taken the unit's place: with every connection, and after every
    /// silence of the unit.
    pub(crate) fn epoch(&self, unit: u8) -> u64 {
        let returns = self.returns.lock().unwrap_or_else(PoisonError::into_inner);
        self.connects.get() + returns.get(&unit).copied().unwrap_or(0)
    }

    /// A look at everything on the bus took so long.
    pub(crate) fn cycled(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        self.last_cycle_us.store(us, Relaxed);
    }

    pub(crate) fn read(&self, name: &str, theoretical_cycle: Duration) -> BusStats {
        let last_cycle_us = self.last_cycle_us.load(Relaxed);
        BusStats {
            name: name.to_owned(),
            requests: self.requests.get(),
            answers: self.answers.get(),
            timeouts: self.timeouts.get(),
            crc_errors: self.crc_errors.get(),
            mismatches: self.mismatches.get(),
            exceptions: self.exceptions.get(),
            line_errors: self.line_errors.get(),
            connects: self.connects.get(),
            last_cycle_ms: (last_cycle_us > 0).then_some(last_cycle_us as f64 / 1000.0),
            theoretical_cycle_ms: theoretical_cycle.as_secs_f64() * 1000.0,
        }
    }
}

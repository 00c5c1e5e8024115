//! The `[readings]` table: how long single readings are kept.

use foundation::config::BadValue;
use serde::Deserialize;

const KEEP_DAYS: i64 = 7;

/// A `[readings]` table.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Readings {
    /// How long single readings are kept beside the rows of their days.
    pub keep_days: i64,
}

impl Default for Readings {
    fn default() -> Self {
        Self { keep_days: KEEP_DAYS }
    }
}

impl Readings {
    pub(super) fn check(self) -> Result<(), BadValue> {
        if (1..=400).contains(&self.keep_days) {
            return Ok(());
        }
        Err(BadValue {
            key: "readings.keep_days",
            problem: format!("{}: expected 1 to 400", self.keep_days),
        })
    }
}

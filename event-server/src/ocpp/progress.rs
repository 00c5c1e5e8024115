//! Reports of how far a station is with what takes it long: firmware, logs.

use std::sync::Arc;

use super::actions::{Call, Work, empty};
use crate::operations::follow_command::{Progress, record_progress};

/// What is to be done with such a report.
pub(super) fn follow(call: &Call<'_>, progress: Progress) -> Work {
    // It has nothing to do, and has merely been asked.
    if progress.status == "idle" {
        return Work::Nothing(empty());
    }
    let station = Arc::clone(call.station);
    Work::store(move |tx| {
        record_progress(tx, &station, &progress)?;
        Ok(empty())
    })
}

//! LogStatusNotification: how far a station is with sending a log.

use std::sync::Arc;

use api_spec::ocpp::{CallError, decode};
use api_spec::rest::CommandKind;

use super::actions::{Call, Work, empty};
use super::texts::in_our_words;
use super::versions::{StatusDetail, both_versions};
use crate::operations::follow_command::{Progress, record_progress};

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::LogStatusNotificationRequest = decode(call.payload)?;
        let progress = Progress {
            kind: CommandKind::UploadLog,
            request_id: request.request_id,
            status: in_our_words(request.status.as_str()),
            detail: request.detail(),
        };
        // It has nothing to do, and has merely been asked.
        if progress.status == "idle" {
            return Ok(Work::Nothing(empty()));
        }
        let station = Arc::clone(call.station);
        Ok(Work::store(move |tx| {
            record_progress(tx, &station, &progress)?;
            Ok(empty())
        }))
    }
}

//! LogStatusNotification: how far a station is with sending a log.

use api_spec::ocpp::{CallError, decode};
use api_spec::rest::CommandKind;

use super::actions::{Call, Work};
use super::progress::follow;
use super::texts::in_our_words;
use super::versions::{StatusDetail, both_versions};
use crate::operations::follow_command::Progress;

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::LogStatusNotificationRequest = decode(call.payload)?;
        let progress = Progress {
            kind: CommandKind::UploadLog,
            request_id: request.request_id,
            status: in_our_words(request.status.as_str()),
            detail: request.detail(),
        };
        Ok(follow(call, progress))
    }
}

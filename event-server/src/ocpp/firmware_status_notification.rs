//! FirmwareStatusNotification: how far a station is with new firmware.

use api_spec::ocpp::{CallError, decode};
use api_spec::rest::CommandKind;

use super::actions::{Call, Work};
use super::progress::follow;
use super::texts::in_our_words;
use super::versions::{StatusDetail, both_versions};
use crate::operations::follow_command::Progress;

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::FirmwareStatusNotificationRequest = decode(call.payload)?;
        let progress = Progress {
            kind: CommandKind::UpdateFirmware,
            request_id: request.request_id,
            status: in_our_words(request.status.as_str()),
            detail: request.detail(),
        };
        Ok(follow(call, progress))
    }
}

//! What is told of firmware and of logs, each once the one before it was answered.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::v201::{
    CustomData, FirmwareStatusEnum, FirmwareStatusNotificationRequest, LogStatusNotificationRequest,
    SecurityEventNotificationRequest, UploadLogStatusEnum,
};

use super::super::messages::{VENDOR, time};
use super::{Agenda, Call, Outgoing, outgoing};
use crate::firmware::{self, Security, Status};
use crate::uploads;

/// Something that is told until the server has answered.
#[derive(Clone, Debug)]
pub(in crate::ocpp) enum Notice {
    Firmware(firmware::Notice),
    Log(uploads::Notice),
}

impl Agenda {
    pub(super) fn has_notices(&self) -> bool {
        self.station.firmware.to_tell().is_some() || self.station.uploads.to_tell().is_some()
    }

    pub(super) fn notice(&self) -> Option<Outgoing> {
        if let Some(notice) = self.station.firmware.to_tell() {
            return of_firmware(notice);
        }
        let notice = self.station.uploads.to_tell()?;
        let mut request = LogStatusNotificationRequest::new(log_status(notice.status));
        request.request_id = Some(notice.request_id);
        request.custom_data = notice.detail.as_deref().map(detailed);
        outgoing(Call::Notice(Notice::Log(notice)), &request)
    }

    pub(super) fn told(&self, notice: &Notice) {
        match notice {
            Notice::Firmware(notice) => self.station.firmware.told(notice),
            Notice::Log(notice) => self.station.uploads.told(notice),
        }
    }
}

fn of_firmware(notice: firmware::Notice) -> Option<Outgoing> {
    let call = Call::Notice(Notice::Firmware(notice.clone()));
    match notice {
        firmware::Notice::Status {
            status,
            request_id,
            detail,
        } => {
            let mut request = FirmwareStatusNotificationRequest::new(firmware_status(status));
            request.request_id = Some(request_id);
            request.custom_data = detail.as_deref().map(detailed);
            outgoing(call, &request)
        }
        firmware::Notice::Security { kind, at, detail } => {
            let kind = match kind {
                Security::InvalidCertificate => "InvalidFirmwareSigningCertificate",
                Security::InvalidSignature => "InvalidFirmwareSignature",
                Security::Updated => "FirmwareUpdated",
            };
            let at = time(domain::units::Timestamp(at.as_microsecond()));
            let mut request = SecurityEventNotificationRequest::new(Str::truncated(kind), at);
            request.tech_info = Some(Str::truncated(&detail));
            outgoing(call, &request)
        }
    }
}

/// OCPP 2.0.1 has no other room for it.
fn detailed(detail: &str) -> Box<CustomData> {
    let mut data = CustomData::new(Str::truncated(VENDOR));
    data.extra.insert("detail".into(), detail.into());
    Box::new(data)
}

fn firmware_status(status: Status) -> FirmwareStatusEnum {
    match status {
        Status::DownloadScheduled => FirmwareStatusEnum::DownloadScheduled,
        Status::Downloading => FirmwareStatusEnum::Downloading,
        Status::Downloaded => FirmwareStatusEnum::Downloaded,
        Status::DownloadFailed => FirmwareStatusEnum::DownloadFailed,
        Status::InvalidSignature => FirmwareStatusEnum::InvalidSignature,
        Status::SignatureVerified => FirmwareStatusEnum::SignatureVerified,
        Status::InstallScheduled => FirmwareStatusEnum::InstallScheduled,
        Status::Installing => FirmwareStatusEnum::Installing,
        Status::Installed => FirmwareStatusEnum::Installed,
        Status::InstallationFailed => FirmwareStatusEnum::InstallationFailed,
    }
}

fn log_status(status: uploads::Status) -> UploadLogStatusEnum {
    match status {
        uploads::Status::Uploading => UploadLogStatusEnum::Uploading,
        uploads::Status::Uploaded => UploadLogStatusEnum::Uploaded,
        uploads::Status::Failed => UploadLogStatusEnum::UploadFailure,
        uploads::Status::NotAllowed => UploadLogStatusEnum::PermissionDenied,
        uploads::Status::Superseded => UploadLogStatusEnum::AcceptedCanceled,
    }
}

//! InstallCertificate: gives a station a root to trust.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::{CallError, ErrorCode, decode};
use api_spec::rest::{CertificatePurpose, NewTrustedCertificate};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::versions::both_versions;
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(new: &NewTrustedCertificate) -> Result<String, CallError> {
        let purpose = match new.purpose {
            CertificatePurpose::ServerRoot => wire::InstallCertificateUseEnum::CsmsRootCertificate,
            CertificatePurpose::ManufacturerRoot => wire::InstallCertificateUseEnum::ManufacturerRootCertificate,
        };
        let certificate = Str::new(new.certificate.clone())
            .map_err(|error| CallError::new(ErrorCode::InternalError, error.to_string()))?;
        json(&wire::InstallCertificateRequest::new(purpose, certificate))
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::InstallCertificateResponse = decode(payload)?;
        if response.status == wire::InstallCertificateStatusEnum::Accepted {
            return Ok(Answer::Accepted { transaction_id: None });
        }
        let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
        if response.status == wire::InstallCertificateStatusEnum::Failed {
            // OCPP M05: the certificate is good, and yet could not be kept.
            let detail = info.and_then(|(_, detail)| detail).map(Str::into_string);
            return Ok(Answer::Failed { reason: "not_installed", detail });
        }
        Ok(refusal(response.status.as_str(), info))
    }
}

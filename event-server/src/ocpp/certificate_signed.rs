//! CertificateSigned: gives a station the certificate that it has asked for.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::{CallError, ErrorCode, decode};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::versions::{RequestId, both_versions};
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(chain: &str, request_id: Option<i64>) -> Result<String, CallError> {
        let chain = Str::new(chain.to_owned())
            .map_err(|error| CallError::new(ErrorCode::InternalError, error.to_string()))?;
        let mut request = wire::CertificateSignedRequest::new(chain);
        request.certificate_type = Some(wire::CertificateSigningUseEnum::ChargingStationCertificate);
        request.set_number(request_id);
        json(&request)
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::CertificateSignedResponse = decode(payload)?;
        if response.status == wire::CertificateSignedStatusEnum::Accepted {
            return Ok(Answer::Accepted { transaction_id: None });
        }
        let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
        Ok(refusal(response.status.as_str(), info))
    }
}

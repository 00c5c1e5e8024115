//! DeleteCertificate: a station is to trust a root no more.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::{CallError, decode};
use api_spec::rest::{CertificateHash, HashAlgorithm};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::versions::both_versions;
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(hash: &CertificateHash) -> Result<String, CallError> {
        let algorithm = match hash.hash_algorithm {
            HashAlgorithm::Sha256 => wire::HashAlgorithmEnum::Sha256,
            HashAlgorithm::Sha384 => wire::HashAlgorithmEnum::Sha384,
            HashAlgorithm::Sha512 => wire::HashAlgorithmEnum::Sha512,
        };
        let data = wire::CertificateHashData::new(
            algorithm,
            Str::truncated(&hash.issuer_name_hash),
            Str::truncated(&hash.issuer_key_hash),
            Str::truncated(&hash.serial_number),
        );
        json(&wire::DeleteCertificateRequest::new(data))
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::DeleteCertificateResponse = decode(payload)?;
        if response.status == wire::DeleteCertificateStatusEnum::Accepted {
            return Ok(Answer::Accepted { transaction_id: None });
        }
        let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
        Ok(refusal(response.status.as_str(), info))
    }
}

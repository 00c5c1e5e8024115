//! GetInstalledCertificateIds: which roots a station trusts.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::{CallError, decode};
use api_spec::rest::{CertificateHash, HashAlgorithm, TrustedCertificate};
use serde_json::value::RawValue;

use super::actions::json;
use super::versions::both_versions;
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call() -> Result<String, CallError> {
        json(&wire::GetInstalledCertificateIdsRequest::default())
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::GetInstalledCertificateIdsResponse = decode(payload)?;
        let listed = response.certificate_hash_data_chain.into_iter().flatten();
        Ok(Answer::Listed(listed.map(read).collect()))
    }

    fn read(listed: wire::CertificateHashDataChain) -> TrustedCertificate {
        let hash = listed.certificate_hash_data;
        TrustedCertificate {
            purpose: listed.certificate_type.as_str().to_owned(),
            hash: CertificateHash {
                hash_algorithm: match hash.hash_algorithm {
                    wire::HashAlgorithmEnum::Sha256 => HashAlgorithm::Sha256,
                    wire::HashAlgorithmEnum::Sha384 => HashAlgorithm::Sha384,
                    wire::HashAlgorithmEnum::Sha512 => HashAlgorithm::Sha512,
                },
                issuer_name_hash: Str::into_string(hash.issuer_name_hash),
                issuer_key_hash: Str::into_string(hash.issuer_key_hash),
                serial_number: Str::into_string(hash.serial_number),
            },
        }
    }
}

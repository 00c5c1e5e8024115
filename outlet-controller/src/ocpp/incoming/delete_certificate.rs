//! DeleteCertificate (M04): a root is trusted no more, unless the connection rests on it.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{DeleteCertificateResponse, DeleteCertificateStatusEnum};
use foundation::certificate::canonical_serial;
use foundation::root_certificate::CertificateHash;
use serde::Deserialize;

use super::super::station::Station;
use super::{Reply, reply, told};
use crate::identity::NotRemoved;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    certificate_hash_data: HashData,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HashData {
    hash_algorithm: String,
    issuer_name_hash: String,
    issuer_key_hash: String,
    serial_number: String,
}

pub(super) fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let asked = request.certificate_hash_data;
    let hash = CertificateHash {
        issuer_name: asked.issuer_name_hash.to_ascii_lowercase(),
        issuer_key: asked.issuer_key_hash.to_ascii_lowercase(),
        serial: canonical_serial(&asked.serial_number),
    };
    let removed = match asked.hash_algorithm.as_str() {
        "SHA256" => station.trusted.remove(&hash),
        // As GetInstalledCertificateIds tells them, and no other way.
        _ => Err(NotRemoved::Unknown),
    };
    let Err(problem) = removed else {
        tracing::info!(target: "security", "a root is trusted no more: the server has deleted it");
        return reply(&DeleteCertificateResponse::new(
            DeleteCertificateStatusEnum::Accepted,
        ));
    };
    tracing::warn!(target: "security", %problem, "a root is not deleted");
    let (status, code) = match problem {
        NotRemoved::Unknown => (DeleteCertificateStatusEnum::NotFound, "NotFound"),
        NotRemoved::Configured => (DeleteCertificateStatusEnum::Failed, "Configured"),
        NotRemoved::InUse => (DeleteCertificateStatusEnum::Failed, "InUse"),
        NotRemoved::Disk(_) => (DeleteCertificateStatusEnum::Failed, "NotDeleted"),
    };
    let mut answer = DeleteCertificateResponse::new(status);
    answer.status_info = Some(told(code, &problem.to_string()));
    reply(&answer)
}

//! GetInstalledCertificateIds (M03): the roots that the server is believed by.

use api_spec::ocpp::CallError;
use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::v201::{
    CertificateHashData, CertificateHashDataChain, GetCertificateIdUseEnum,
    GetInstalledCertificateIdsResponse, GetInstalledCertificateStatusEnum, HashAlgorithmEnum,
};
use foundation::root_certificate::Root;
use serde::Deserialize;

use super::super::station::Station;
use super::install_certificate::CSMS_ROOT;
use super::{Reply, reply, too_few};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    certificate_type: Option<Vec<String>>,
}

pub(super) fn answer(station: &Station, request: &Request) -> Result<Reply, CallError> {
    let asked = request.certificate_type.as_deref();
    let is_asked = asked.is_none_or(|kinds| kinds.iter().any(|kind| kind == CSMS_ROOT));
    let roots = if is_asked {
        station.trusted.list()
    } else {
        Vec::new()
    };
    if roots.is_empty() {
        let none = GetInstalledCertificateStatusEnum::NotFound;
        return reply(&GetInstalledCertificateIdsResponse::new(none));
    }
    let listed = List::new(roots.iter().map(listed).collect()).map_err(too_few)?;
    let mut answer = GetInstalledCertificateIdsResponse::new(GetInstalledCertificateStatusEnum::Accepted);
    answer.certificate_hash_data_chain = Some(listed);
    reply(&answer)
}

fn listed(root: &Root) -> CertificateHashDataChain {
    let hash = root.hash();
    let data = CertificateHashData::new(
        HashAlgorithmEnum::Sha256,
        Str::truncated(&hash.issuer_name),
        Str::truncated(&hash.issuer_key),
        Str::truncated(&hash.serial),
    );
    CertificateHashDataChain::new(data, GetCertificateIdUseEnum::CsmsRootCertificate)
}

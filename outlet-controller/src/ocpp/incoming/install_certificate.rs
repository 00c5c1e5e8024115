//! InstallCertificate (M05): a root to believe the server by; it is on disk before the answer leaves.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{InstallCertificateResponse, InstallCertificateStatusEnum};
use serde::Deserialize;

use super::super::station::Station;
use super::{Reply, reply, told};
use crate::identity::NotInstalled;

/// The only roots that this station uses.
pub(super) const CSMS_ROOT: &str = "CSMSRootCertificate";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    certificate_type: String,
    certificate: String,
}

pub(super) fn answer(station: &Station, request: &Request) -> Result<Reply, CallError> {
    if request.certificate_type != CSMS_ROOT {
        return refused(
            InstallCertificateStatusEnum::Rejected,
            "UnsupportedType",
            "only CSMSRootCertificate is used here",
        );
    }
    match station.trusted.install(&request.certificate, station.known_now()) {
        Ok(()) => {
            tracing::info!(target: "security", "a root that the server has sent is trusted from now on");
            reply(&InstallCertificateResponse::new(
                InstallCertificateStatusEnum::Accepted,
            ))
        }
        Err(problem) => {
            tracing::warn!(target: "security", %problem, "a root that the server has sent is not trusted");
            let (status, code) = match &problem {
                NotInstalled::NotKept(_) => (InstallCertificateStatusEnum::Failed, "NotStored"),
                NotInstalled::Full => (InstallCertificateStatusEnum::Rejected, "TooManyCertificates"),
                NotInstalled::NoRoot(_) | NotInstalled::Expired => {
                    (InstallCertificateStatusEnum::Rejected, "InvalidCertificate")
                }
            };
            refused(status, code, &problem.to_string())
        }
    }
}

fn refused(status: InstallCertificateStatusEnum, code: &str, why: &str) -> Result<Reply, CallError> {
    let mut answer = InstallCertificateResponse::new(status);
    answer.status_info = Some(told(code, why));
    reply(&answer)
}

//! CertificateSigned: the certificate that was asked for; it is on disk before the answer leaves.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{CertificateSignedResponse, CertificateSignedStatusEnum};
use serde::Deserialize;

use super::super::renewal::{NotTaken, Taken};
use super::super::station::Station;
use super::{Afterwards, Reply, reply, told};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    certificate_chain: String,
    certificate_type: Option<String>,
}

pub(super) fn answer(station: &Station, request: &Request) -> Result<Reply, CallError> {
    let kind = request.certificate_type.as_deref();
    let taken = match (kind, station.renewal()) {
        (None | Some("ChargingStationCertificate"), Some(mut renewal)) => {
            renewal.take(&request.certificate_chain, station.known_now())
        }
        (_, _) => Err(NotTaken::NotAsked),
    };
    let accepted = reply(&CertificateSignedResponse::new(
        CertificateSignedStatusEnum::Accepted,
    ))?;
    match taken {
        Ok(Taken::Before) => Ok(accepted),
        Ok(Taken::Now) => {
            tracing::info!("a new certificate is here; the connection is made anew with it");
            Ok(Reply {
                afterwards: Some(Afterwards::Reconnect),
                ..accepted
            })
        }
        Err(problem) => {
            tracing::warn!(target: "security", %problem, "a certificate from the server is not taken");
            let mut answer = CertificateSignedResponse::new(CertificateSignedStatusEnum::Rejected);
            answer.status_info = Some(told("InvalidCertificate", &problem.to_string()));
            reply(&answer)
        }
    }
}

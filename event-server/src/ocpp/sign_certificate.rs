//! SignCertificate: a station asks for a new certificate, which comes by a CertificateSigned of ours.

use std::sync::Arc;

use api_spec::ocpp::{CallError, decode};

use super::actions::{Call, Work, json};
use super::versions::{RequestId, both_versions};
use crate::operations::renew_certificate::{self, Renewal};

/// OCPP A02.FR.02: for whom the certificate is, only the connection says, and never the request.
fn may_ask(call: &Call<'_>, is_stations_own: bool, csr: &str) -> bool {
    call.signs_certificates
        && call.station.certificate_ends_at.is_some()
        && is_stations_own
        && csr.contains("BEGIN CERTIFICATE REQUEST")
}

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::SignCertificateRequest = decode(call.payload)?;
        let own = wire::CertificateSigningUseEnum::ChargingStationCertificate;
        let is_own = request.certificate_type.is_none_or(|kind| kind == own);
        if !may_ask(call, is_own, &request.csr) {
            let rejected = wire::GenericStatusEnum::Rejected;
            return Ok(Work::Nothing(json(&wire::SignCertificateResponse::new(rejected))?));
        }
        let renewal = Renewal {
            request_id: request.number(),
            csr: request.csr.into_string(),
            certificate_chain: None,
        };
        let answer = json(&wire::SignCertificateResponse::new(wire::GenericStatusEnum::Accepted))?;
        let station = Arc::clone(call.station);
        Ok(Work::store(move |tx| {
            renew_certificate::ask(tx, &station, &renewal)?;
            Ok(answer)
        }))
    }
}

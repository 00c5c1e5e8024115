//! What is told and asked about this station's certificate.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::v201::{
    CertificateSigningUseEnum, GenericStatusEnum, SecurityEventNotificationRequest, SignCertificateRequest,
    SignCertificateResponse,
};

use super::super::messages;
use super::{Agenda, Call, Outgoing, outgoing};

impl Agenda {
    /// Whether a renewed certificate was discarded is told before another one is asked for.
    pub(super) fn about_certificate(&self, now_ms: u64) -> Option<Outgoing> {
        if self.station.renewal()?.is_to_tell_discarded() {
            let kind = Str::truncated("DiscardedRenewedClientCertificate");
            let at = messages::time(self.station.now());
            let told = SecurityEventNotificationRequest::new(kind, at);
            return outgoing(Call::Discarded, &told);
        }
        if now_ms < self.station.renewal_due_ms() {
            return None;
        }
        let csr = self.station.renewal()?.ask(&self.station.id, now_ms)?;
        tracing::info!("a new certificate is asked for");
        let mut request = SignCertificateRequest::new(Str::truncated(&csr));
        request.certificate_type = Some(CertificateSigningUseEnum::ChargingStationCertificate);
        outgoing(Call::Sign, &request)
    }
}

/// The certificate itself comes by a call of the server.
pub(super) fn read_answer(result: &str) {
    match serde_json::from_str::<SignCertificateResponse>(result) {
        Ok(answer) if answer.status == GenericStatusEnum::Accepted => {}
        Ok(answer) => tracing::warn!(status = %answer.status, "the server does not sign a certificate"),
        Err(error) => tracing::warn!(%error, "the answer to a certificate request cannot be read"),
    }
}

//! How this station registers, and what the server says to that.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::v201::{
    BootNotificationRequest, BootNotificationResponse, BootReasonEnum, ChargingStation,
    RegistrationStatusEnum,
};

use super::{Agenda, REGISTER_AGAIN_S};

const MODEL: &str = "Denro panel";
const VENDOR: &str = "Denro";

impl Agenda {
    /// Both answers tell the server's time.
    pub(super) fn compare_time(&self, result: &str, now_ms: u64) {
        #[derive(serde::Deserialize)]
        struct Told {
            #[serde(rename = "currentTime")]
            time: jiff::Timestamp,
        }
        if let Ok(Told { time }) = serde_json::from_str(result) {
            let took_ms = now_ms.saturating_sub(self.asked_time_ms);
            self.station.compare_clock(time.as_microsecond(), took_ms);
        }
    }

    pub(super) async fn booted(&mut self, result: &str, now_ms: u64) {
        let (status, interval) = match serde_json::from_str::<BootNotificationResponse>(result) {
            Ok(answer) => (answer.status, answer.interval),
            Err(error) => {
                tracing::warn!(%error, "the answer to the registration cannot be read");
                (RegistrationStatusEnum::Rejected, 0)
            }
        };
        if status == RegistrationStatusEnum::Accepted {
            tracing::info!(heartbeat_s = interval, "registered");
            self.reason = None;
            self.registered = true;
            self.courier.registered().await;
            self.journal_may_hold = true;
            self.station.set_heartbeat_s(interval);
            self.heartbeat_at_ms = now_ms.saturating_add(self.station.heartbeat_s() * 1000);
        } else {
            tracing::warn!(%status, "the server does not register this controller yet");
            self.registered = false;
            let again_s = u64::try_from(interval)
                .ok()
                .filter(|s| *s > 0)
                .unwrap_or(REGISTER_AGAIN_S);
            self.boot_at_ms = now_ms.saturating_add(again_s * 1000);
        }
        self.station.journal.set_online(self.registered);
    }
}

pub(super) fn boot(reason: BootReasonEnum) -> BootNotificationRequest {
    let mut station = ChargingStation::new(Str::truncated(MODEL), Str::truncated(VENDOR));
    station.firmware_version = Some(Str::truncated(env!("CARGO_PKG_VERSION")));
    BootNotificationRequest::new(station, reason)
}

//! Files that controllers get or give: signed firmware, logs.

use std::time::Duration;

use actix_web::HttpResponse;
use api_spec::rest::{CommandAccepted, CommandKind, FirmwareUpdate, LogUpload, Time};
use foundation::certificate::Certificate;
use reqwest::Url;
use serde_json::json;

use super::asking::Asking;
use super::json::{Faults, Json};
use super::problems::ApiError;

/// OCPP 2.0.1 has room for so many characters.
const MAX_LOCATION: usize = 512;
const MAX_SIGNING_CERTIFICATE: usize = 5_500;
const MAX_SIGNATURE: usize = 800;
/// Nobody plans an update for later than this.
const MAX_AHEAD: Duration = Duration::from_secs(90 * 86_400);

/// Have a controller install signed firmware
///
/// The controller gets the file, checks its signature against the root that it trusts, and installs it once no outlet
/// charges. `controller.firmware_status` tells each step, and the command is confirmed when the controller says that it is installed.
/// Our own controllers refuse with `NotConfigured` where they are not set up for it, and with `InvalidCertificate` where they do not
/// trust the signer. Another update takes the place of one that is not being installed yet, which then fails as `superseded`.
#[utoipa::path(post, path = "/v1/controllers/{id}/firmware-updates", tag = "controllers",
    params(("id" = String, Path)), request_body = FirmwareUpdate, security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn update_firmware(
    asking: Asking,
    body: Json<FirmwareUpdate>,
) -> Result<HttpResponse, ApiError> {
    let asked = &body.value;
    let now_us = asking.context().clock.now_us();
    let mut faults = Faults::default();
    check_location(&mut faults, &asked.location);
    check_certificates(&mut faults, &asked.signing_certificate);
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    if !(1..=MAX_SIGNATURE).contains(&asked.signature.len()) || !asked.signature.chars().all(is_base64) {
        faults.add("/signature", "expected at most 800 characters of Base64");
    }
    for (pointer, time) in [
        ("/retrieve_at", asked.retrieve_at),
        ("/install_at", asked.install_at),
    ] {
        let ahead_us = time.map_or(0, |Time(at)| at.saturating_sub(now_us));
        if u128::try_from(ahead_us).is_ok_and(|ahead_us| ahead_us > MAX_AHEAD.as_micros()) {
            faults.add(pointer, "expected at most 90 days from now");
        }
    }
    faults.into_result()?;
    asking
        .controller(CommandKind::UpdateFirmware, &body.canonical, json!(body.value))
        .await
}

/// Have a controller send a log somewhere
///
/// The command is confirmed once the receiver has it; its `detail` is then the name of the file, if the controller gave one. Our own
/// controllers keep the last lines alone, and none of them holds a secret. Another upload takes the place of one that
/// has not ended, which then fails as `superseded`.
#[utoipa::path(post, path = "/v1/controllers/{id}/log-uploads", tag = "controllers",
    params(("id" = String, Path)), request_body = LogUpload, security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn upload_log(asking: Asking, body: Json<LogUpload>) -> Result<HttpResponse, ApiError> {
    let mut faults = Faults::default();
    check_location(&mut faults, &body.value.location);
    if let (Some(from), Some(to)) = (body.value.from, body.value.to)
        && from > to
    {
        faults.add("/to", "expected a time after from");
    }
    faults.into_result()?;
    asking
        .controller(CommandKind::UploadLog, &body.canonical, json!(body.value))
        .await
}

/// Where it leads is the controller's business, which is in another network than this server.
fn check_location(faults: &mut Faults, location: &str) {
    let url = Url::parse(location).ok();
    let good = |url: &Url| url.has_host() && matches!(url.scheme(), "https" | "http");
    if !url.is_some_and(|url| good(&url)) || location.chars().count() > MAX_LOCATION {
        faults.add(
            "/location",
            "expected an https URL of at most 512 characters, such as https://files.example.com/a",
        );
    }
}

fn check_certificates(faults: &mut Faults, pem: &str) {
    let is_readable = Certificate::read_pem(pem).is_ok_and(|found| !found.is_empty());
    if !is_readable || pem.len() > MAX_SIGNING_CERTIFICATE {
        faults.add(
            "/signing_certificate",
            "expected certificates in PEM, at most 5500 characters",
        );
    }
    if pem.contains("PRIVATE KEY") {
        faults.add(
            "/signing_certificate",
            "expected certificates alone: keep the key to yourself",
        );
    }
}

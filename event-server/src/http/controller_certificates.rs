//! `/v1/controllers/{id}/certificates`: the roots that a controller trusts.

use actix_web::HttpResponse;
use api_spec::rest::{CertificateHash, CommandAccepted, CommandKind, NewTrustedCertificate};
use foundation::root_certificate::Root;
use serde_json::json;

use super::asking::Asking;
use super::json::{Faults, Json};
use super::problems::ApiError;
use crate::context::Context;
use crate::error::Refusal;

/// OCPP 2.0.1 has room for so many characters.
const MAX_CERTIFICATE: usize = 5_500;
const MAX_HASH: usize = 128;
const MAX_SERIAL: usize = 40;

/// Have a controller trust a root
///
/// Before the certificate of the server is one of another authority, or controllers get theirs from another one: what was trusted
/// stays so. The command is confirmed once the controller has it on disk; our own controllers keep eight beside those of their
/// configuration.
#[utoipa::path(post, path = "/v1/controllers/{id}/certificates", tag = "controllers",
    params(("id" = String, Path)), request_body = NewTrustedCertificate, security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn install_certificate(
    asking: Asking,
    body: Json<NewTrustedCertificate>,
) -> Result<HttpResponse, ApiError> {
    let certificate = check_root(&body.value.certificate, asking.context())?;
    let asked = NewTrustedCertificate {
        certificate,
        ..body.value
    };
    asking
        .controller(CommandKind::InstallCertificate, &body.canonical, json!(asked))
        .await
}

/// The certificate alone: a key that was pasted with it goes no further.
fn check_root(pem: &str, context: &Context) -> Result<String, ApiError> {
    let wrong = |detail: String| ApiError::from(Refusal::invalid("/certificate", detail));
    let root = Root::read_pem(pem).map_err(|error| wrong(error.to_string()))?;
    if root.not_after < context.clock.now() {
        return Err(wrong(format!(
            "the certificate has expired on {:.0}",
            root.not_after
        )));
    }
    let pem = root.pem();
    if pem.len() > MAX_CERTIFICATE {
        return Err(wrong(format!(
            "expected at most {MAX_CERTIFICATE} characters, and it has {}",
            pem.len()
        )));
    }
    Ok(pem)
}

/// Ask which roots a controller trusts
///
/// What the controller answers is in the command's `detail`: a JSON array of `TrustedCertificate`.
#[utoipa::path(post, path = "/v1/controllers/{id}/certificate-requests", tag = "controllers",
    params(("id" = String, Path)), security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn request_certificates(asking: Asking) -> Result<HttpResponse, ApiError> {
    asking
        .controller(CommandKind::ListCertificates, "", json!({}))
        .await
}

/// Have a controller trust a root no more
///
/// Refused (`InUse`) where the present connection rests on it alone, and (`Configured`) where it is in the controller's own
/// configuration.
#[utoipa::path(post, path = "/v1/controllers/{id}/certificate-deletions", tag = "controllers",
    params(("id" = String, Path)), request_body = CertificateHash, security(("oauth2" = ["sites:write"])),
    responses((status = 202, description = "The command; `command.completed` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn delete_certificate(
    asking: Asking,
    body: Json<CertificateHash>,
) -> Result<HttpResponse, ApiError> {
    check_hash(&body.value)?;
    asking
        .controller(CommandKind::DeleteCertificate, &body.canonical, json!(body.value))
        .await
}

fn check_hash(asked: &CertificateHash) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    for (pointer, text, longest) in [
        ("/issuer_name_hash", &asked.issuer_name_hash, MAX_HASH),
        ("/issuer_key_hash", &asked.issuer_key_hash, MAX_HASH),
        ("/serial_number", &asked.serial_number, MAX_SERIAL),
    ] {
        if !(1..=longest).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            faults.add(pointer, &format!("expected 1 to {longest} hexadecimal digits"));
        }
    }
    faults.into_result()
}

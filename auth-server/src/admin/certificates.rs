//! The authority and its certificates, by hand.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

pub use crate::ca::NoRequest;
pub use crate::operations::create_authority::ShownAuthority;
pub use crate::operations::create_enrolment::CreatedEnrolment;
pub use crate::operations::issue_certificate::IssuedCertificate;
pub use crate::operations::list_certificates::ListedCertificate;
pub use crate::store::enrolments::Enrolment;

use super::{now_us, open};
use crate::audit::Actor;
use crate::ca::{CertificateRequest, Policy};
use crate::config::Config;
use crate::operations::{
    OperationError, create_authority, create_enrolment, issue_certificate, list_certificates,
    revoke_certificate,
};

/// Makes the authority. The root's private key is in the file `root_key` and nowhere else.
///
/// # Errors
/// If the file is there already, there is an authority and `replace` is not set, or the database cannot be used.
pub async fn create_authority(
    config: &Config,
    root_key: &Path,
    replace: bool,
) -> anyhow::Result<ShownAuthority> {
    let db = open(config)?;
    // Before a file is asked for that would be of no use.
    if !replace && create_authority::find(&db).await.is_ok() {
        return Err(OperationError::AuthorityExists.into());
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(root_key);
    let mut file = file.with_context(|| format!("{}: cannot be made", root_key.display()))?;
    let created = async {
        let (domain, actor) = (policy(config).domain, Actor::of_process());
        let made = create_authority::make(&domain, now_us())?;
        // What is lost with a power cut must not be what the database counts on.
        file.write_all(made.root_key.as_bytes())
            .and_then(|()| file.sync_all())
            .with_context(|| format!("{}: cannot be written", root_key.display()))?;
        anyhow::Ok(create_authority::run(&db, made, replace, actor, now_us()).await?)
    };
    let created = created.await;
    if created.is_err() {
        // It is the key of nothing.
        let _gone = std::fs::remove_file(root_key);
    }
    created
}

/// The authority that there is.
///
/// # Errors
/// If there is none, or the database cannot be used.
pub async fn authority(config: &Config) -> anyhow::Result<ShownAuthority> {
    Ok(create_authority::find(&open(config)?).await?)
}

/// Makes a code by which a station gets its first certificate within `valid_s` seconds.
///
/// # Errors
/// If a value is not allowed, there is no authority, or the database cannot be used.
pub async fn create_enrolment(
    config: &Config,
    to: Enrolment,
    valid_s: u32,
) -> anyhow::Result<CreatedEnrolment> {
    let by = (Actor::of_process(), now_us());
    Ok(create_enrolment::run(&open(config)?, &policy(config), to, valid_s, by).await?)
}

/// Signs a certificate for the key of a request (PKCS#10, PEM).
///
/// # Errors
/// If the request or a value is not allowed, there is no authority, or the database cannot be used.
pub async fn issue_certificate(
    config: &Config,
    to: Enrolment,
    request: &str,
) -> anyhow::Result<IssuedCertificate> {
    let request = CertificateRequest::read(request)?;
    let by = (Actor::of_process(), now_us());
    Ok(issue_certificate::by_host(&open(config)?, &policy(config), to, request, by).await?)
}

/// All certificates, the newest first.
///
/// # Errors
/// If the database cannot be used.
pub async fn list_certificates(config: &Config) -> anyhow::Result<Vec<ListedCertificate>> {
    Ok(list_certificates::run(&open(config)?).await?)
}

/// Takes a certificate back; event-servers hear of it within five seconds.
///
/// # Errors
/// If there is no such certificate, or the database cannot be used.
pub async fn revoke_certificate(config: &Config, serial: &str) -> anyhow::Result<()> {
    Ok(revoke_certificate::run(&open(config)?, serial, Actor::of_process(), now_us()).await?)
}

/// Takes all certificates of a station back, and its unused codes; answers the serial numbers.
///
/// # Errors
/// If the database cannot be used.
pub async fn revoke_station(config: &Config, station_id: &str) -> anyhow::Result<Vec<String>> {
    Ok(
        revoke_certificate::run_for_station(&open(config)?, station_id, Actor::of_process(), now_us())
            .await?,
    )
}

fn policy(config: &Config) -> Policy {
    config.certificate_policy(&config.issuer_at(config.listen.address))
}

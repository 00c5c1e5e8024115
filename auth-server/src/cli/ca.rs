//! `auth-server ca …`: the authority that controllers' certificates are of.

use std::path::PathBuf;

use anyhow::Context;
use clap::{ArgGroup, Args, Subcommand};
use foundation::cli::{self, answer as line};
use jiff::{SignedDuration, Timestamp};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use super::json;
use crate::admin::certificates::{self as admin, CreatedEnrolment, Enrolment, ListedCertificate};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum CaCommand {
    /// Make the authority, once
    Init {
        /// Where the root's private key goes; it is kept nowhere else, and the server never needs it
        #[arg(long, value_name = "FILE")]
        root_key: PathBuf,
        /// End the authority that there is; every controller must then be enrolled again
        #[arg(long)]
        replace: bool,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a code by which a controller gets its first certificate; it is shown once
    Enrol {
        #[command(flatten)]
        station: Station,
        /// How long the code is good: 1m to 168h
        #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = valid_s)]
        valid: u32,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Sign a certificate for the key of a request, without a code
    Issue {
        #[command(flatten)]
        station: Station,
        /// The request: PKCS#10 in PEM, of a P-256 key
        #[arg(long, value_name = "FILE")]
        csr: PathBuf,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show all certificates
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a certificate back, or all of a station; event-servers close its connections within seconds
    #[command(group = ArgGroup::new("which").required(true).args(["serial", "station"]))]
    Revoke {
        /// The certificate's serial number, as `ca list` shows it
        serial: Option<String>,
        /// Every certificate of this station, and its unused code
        #[arg(long, value_name = "STATION_ID")]
        station: Option<String>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the root certificate
    Root {
        /// Answer in JSON, with its fingerprint
        #[arg(long)]
        json: bool,
    },
}

/// Whom a certificate is for.
#[derive(Args)]
pub(super) struct Station {
    /// The station's identity in OCPP
    station_id: String,
    /// The site where its panel is, sit_…
    #[arg(long, value_name = "SITE_ID")]
    site: String,
    /// The tenant whose panel it is, ten_…; the configuration's people_tenant unless given
    #[arg(long)]
    tenant: Option<String>,
}

impl Station {
    fn enrolment(self, config: &Config) -> Enrolment {
        Enrolment {
            station_id: self.station_id,
            site_id: self.site,
            tenant_id: self.tenant.unwrap_or_else(|| config.people_tenant.clone()),
        }
    }
}

const VALID_S: std::ops::RangeInclusive<i64> = 60..=7 * 86_400;

fn valid_s(text: &str) -> Result<u32, String> {
    let duration: Option<SignedDuration> = text.parse().ok();
    let seconds = duration
        .map(|duration| duration.as_secs())
        .filter(|s| VALID_S.contains(s));
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .ok_or_else(|| "expected 1m to 168h, such as 24h".to_owned())
}

pub(super) fn run(config: &Config, command: CaCommand) -> anyhow::Result<()> {
    cli::block_on(async {
        match command {
            CaCommand::Init {
                root_key,
                replace,
                json,
            } => init(config, &root_key, replace, json).await,
            CaCommand::Enrol { station, valid, json } => {
                let made = admin::create_enrolment(config, station.enrolment(config), valid).await?;
                answer(json, &made, show_enrolment)
            }
            CaCommand::Issue { station, csr, json } => issue(config, station, &csr, json).await,
            CaCommand::List { json } => {
                answer(json, &admin::list_certificates(config).await?, |certificates| {
                    show_list(certificates)
                })
            }
            CaCommand::Revoke {
                serial,
                station,
                json,
            } => {
                let revoked = match (serial, station) {
                    (Some(serial), _) => {
                        admin::revoke_certificate(config, &serial).await?;
                        vec![serial]
                    }
                    (None, station) => admin::revoke_station(config, &station.unwrap_or_default()).await?,
                };
                answer(json, &revoked, |revoked| show_revoked(revoked))
            }
            CaCommand::Root { json } => answer(json, &admin::authority(config).await?, |authority| {
                line(authority.root.trim_end())
            }),
        }
    })
}

/// For programs or for people.
fn answer<T: serde::Serialize>(
    as_json: bool,
    what: &T,
    show: impl FnOnce(&T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if as_json { json(what) } else { show(what) }
}

async fn init(
    config: &Config,
    root_key: &std::path::Path,
    replace: bool,
    as_json: bool,
) -> anyhow::Result<()> {
    let authority = admin::create_authority(config, root_key, replace).await?;
    answer(as_json, &authority, |authority| {
        line(&format!("Root      {}", authority.fingerprint))?;
        line(&format!("Root key  {}", root_key.display()))?;
        line("Move the key to where no network reaches it: the server works without it.")?;
        line("A server that is running with [mutual_tls] trusts the new root once it is started again.")
    })
}

async fn issue(
    config: &Config,
    station: Station,
    csr: &std::path::Path,
    as_json: bool,
) -> anyhow::Result<()> {
    let file = || csr.display().to_string();
    let text = std::fs::read_to_string(csr).with_context(|| format!("{}: cannot be read", file()))?;
    let issued = admin::issue_certificate(config, station.enrolment(config), &text).await;
    let issued = issued.map_err(|error| {
        let is_about_file = error.is::<admin::NoRequest>();
        if is_about_file {
            error.context(file())
        } else {
            error
        }
    })?;
    answer(as_json, &issued, |issued| {
        line(issued.certificate_chain.trim_end())
    })
}

/// On standard output alone: a log keeps no code.
fn show_enrolment(made: &CreatedEnrolment) -> anyhow::Result<()> {
    let (station, site, tenant) = (&made.station_id, &made.site_id, &made.tenant_id);
    line(&format!("Station   {station} at {site} of {tenant}"))?;
    line(&format!("Server    {}", made.server))?;
    line(&format!("Code      {}", made.code))?;
    line(&format!("Root      {}", made.fingerprint))?;
    line(&format!("Good once, until {:.0}.", made.expires_at))?;
    let code = QrCode::new(made.link().as_bytes())?;
    line(&code.render::<Dense1x2>().build())
}

fn show_list(certificates: &[ListedCertificate]) -> anyhow::Result<()> {
    if certificates.is_empty() {
        return line("No certificates yet: auth-server ca enrol --help");
    }
    let now = Timestamp::now();
    for certificate in certificates {
        let state = match certificate.revoked_at {
            Some(at) => format!("revoked {at:.0}"),
            None if certificate.not_after <= now => format!("expired {:.0}", certificate.not_after),
            None if certificate.is_issuer_replaced => "of no use: its authority was replaced".to_owned(),
            None => format!("good until {:.0}", certificate.not_after),
        };
        let (serial, uri, how) = (&certificate.serial, &certificate.uri, &certificate.how);
        line(&format!("{serial}  {state}  {uri}  {how}"))?;
    }
    Ok(())
}

fn show_revoked(serials: &[String]) -> anyhow::Result<()> {
    if serials.is_empty() {
        return line("Nothing to revoke: the station has no certificate that is good.");
    }
    for serial in serials {
        line(&format!("Revoked {serial}"))?;
    }
    Ok(())
}

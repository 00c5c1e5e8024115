//! `outlet-controller enrol`: gets this station's first certificate.

use std::path::{Path, PathBuf};

use anyhow::Context;
use foundation::config::ConfigError;
use foundation::{Clock, cli};
use reqwest::Url;

use super::terminal::{lang, lang_of_environment, say};
use crate::config::Config;
use crate::identity::Folder;
use crate::install::enrol::{Enrolled, Enrolment, fingerprint, server_url};
use crate::install::lang::Lang;

#[derive(clap::Args)]
pub(super) struct Options {
    /// The code from `auth-server ca enrol`; good once
    #[arg(long)]
    code: String,
    /// The auth-server: https://HOST[:PORT]
    #[arg(long, value_name = "URL", value_parser = server_url)]
    server: Url,
    /// PEM; instead of the certificate authorities that this machine knows and those of server.ca_file
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// What the root of the controllers' authority must have, as `auth-server ca root` shows it
    #[arg(long, value_name = "SHA256", value_parser = fingerprint)]
    fingerprint: Option<Fingerprint>,
    /// Language of what is said [default: by LANG]
    #[arg(long, value_name = "en|ja", value_parser = lang)]
    lang: Option<Lang>,
}

type Fingerprint = [u8; 32];

/// # Errors
/// If the configuration has no place for a certificate, the server refuses, or what it gives is not to be trusted.
pub(super) fn run(options: &Options, path: &Path, config: &Config) -> anyhow::Result<()> {
    let lang = options.lang.unwrap_or_else(lang_of_environment);
    let folder = config.server.identity_dir.as_ref().ok_or_else(|| {
        let problem = "missing; expected a folder for this station's certificate".to_owned();
        ConfigError::value(path, "server.identity_dir", problem)
    })?;
    let clock = Clock::system();
    let enrolment = Enrolment {
        station_id: &config.server.station_id,
        code: options.code.trim(),
        server: &options.server,
        ca_file: options.ca_file.as_deref(),
        more_authorities: config.server.ca_file.as_deref(),
        fingerprint: options.fingerprint,
        now: clock.is_right().then(|| clock.now()),
    };
    let asked = &options.server;
    say(&lang.of(
        format!("… A new key is made here, and {asked} is asked for a certificate of it."),
        format!("… この装置で新しい鍵を作成し、{asked} に証明書を要求します。"),
    ));
    cli::block_on(async {
        let enrolled = enrolment.run(&Folder::new(folder)).await;
        let enrolled = enrolled.context(lang.of(
            "no certificate; nothing was changed",
            "証明書を取得できませんでした（何も変更していません）",
        ))?;
        if options.fingerprint.is_none() {
            say(&unchecked(lang, &enrolled.fingerprint));
        }
        cli::answer(&done(lang, &enrolled, folder))
    })
}

fn unchecked(lang: Lang, fingerprint: &str) -> String {
    lang.of(
        format!("!! Compare the root's fingerprint with the server's: {fingerprint}"),
        format!("!! ルート証明書のフィンガープリントをサーバの表示と照合してください: {fingerprint}"),
    )
}

fn done(lang: Lang, enrolled: &Enrolled, folder: &Path) -> String {
    let (uri, folder) = (&enrolled.identity.uri, folder.display());
    let (station, site, ends) = (uri.station_id(), uri.site_id(), enrolled.identity.not_after);
    lang.of(
        format!(
            "{station} at {site} has a certificate until {ends}, in {folder}. The controller connects with it from its next \
             attempt on, and renews it by itself."
        ),
        format!(
            "{site} の {station} の証明書を {folder} に保存しました（期限 {ends}）。次回の接続から使用し、以後は自動で更新します。"
        ),
    )
}

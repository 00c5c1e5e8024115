//! `take-firmware`: for whoever installs it, checked once more on its way out of the controller's hands.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use foundation::cli;

use crate::config::Config;
use crate::firmware::take;

#[derive(Args)]
pub(super) struct Options {
    /// Where the file comes to lie, in a folder that the controller cannot write to
    to: PathBuf,
}

pub(super) fn run(options: &Options, config: &Config) -> anyhow::Result<()> {
    let settings = config.firmware.as_ref();
    let settings = settings.context("the configuration has no [firmware]")?;
    take(settings, &settings.folder(&config.data_dir), &options.to)?;
    cli::answer(&format!(
        "{}: signed by whom [firmware] trusts",
        options.to.display()
    ))
}

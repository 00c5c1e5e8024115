//! `outlet-controller devices`: the device types at hand, and the file of one.

use std::path::PathBuf;

use anyhow::bail;
use foundation::cli;
use serde::Serialize;

use crate::modbus::device::{Device, Role, Status};
use crate::modbus::library::Library;

#[derive(clap::Args)]
pub(super) struct Options {
    /// Device files of your own, beside those that the program brings
    #[arg(long, global = true, value_name = "DIR")]
    devices_dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(clap::Subcommand)]
enum What {
    /// Print the file of one device type, as a model for your own
    Show { id: String },
}

/// A device type in the list.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    status: Status,
    roles: Vec<Role>,
    sources: &'a [String],
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let library = match &options.devices_dir {
        Some(directory) => Library::with_directory(directory)?,
        None => Library::shipped()?,
    };
    if let Some(What::Show { id }) = &options.what {
        let Some(text) = library.text(id) else {
            bail!("no device type {id:?}; `outlet-controller devices` lists them");
        };
        return cli::answer(text.trim_end());
    }
    let devices: Vec<_> = library.ids().filter_map(|id| library.device(id)).collect();
    let rows: Vec<Row> = devices.iter().map(|device| row(device)).collect();
    if options.json {
        return cli::answer(&serde_json::to_string_pretty(&rows)?);
    }
    rows.iter().try_for_each(|row| cli::answer(&line(row)))
}

fn row(device: &Device) -> Row<'_> {
    Row {
        id: &device.id,
        title: &device.title,
        status: device.status,
        roles: device.roles(),
        sources: &device.sources,
    }
}

fn line(row: &Row) -> String {
    let roles: Vec<&str> = row.roles.iter().map(|role| role.name()).collect();
    let sources = if row.sources.is_empty() {
        "nothing: a model for your own".to_owned()
    } else {
        row.sources.join("; ")
    };
    let (id, status, title) = (row.id, row.status.name(), row.title);
    format!(
        "{id}\n    {title}\n    {}, {status} from {sources}",
        roles.join(" and ")
    )
}

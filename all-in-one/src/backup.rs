//! `denro backup` and `denro restore`: both servers' databases as one folder.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use foundation::cli;
use foundation::db::DatabaseUrl;

use crate::serve;

/// Each server's copy, by its name in the folder.
fn databases(config: &Path) -> anyhow::Result<[(&'static str, DatabaseUrl); 2]> {
    let configs = serve::load(config)?;
    Ok([
        ("auth-server.db", configs.auth_server.database.url),
        ("event-server.db", configs.event_server.database.url),
    ])
}

/// The folder has its name only once both copies are in it.
pub(crate) fn back_up(config: &Path, folder: &Path) -> anyhow::Result<()> {
    let databases = databases(config)?;
    ensure!(
        !folder.exists(),
        "{} is there already; nothing is overwritten: name another folder",
        folder.display()
    );
    let mut part = folder.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    if part.exists() {
        fs::remove_dir_all(part).with_context(|| part.display().to_string())?;
    }
    fs::create_dir_all(part).with_context(|| part.display().to_string())?;
    let made = databases
        .iter()
        .try_for_each(|(name, url)| url.back_up(&part.join(name)).map_err(anyhow::Error::from))
        .and_then(|()| Ok(fs::rename(part, folder)?));
    if made.is_err() {
        let _left_behind = fs::remove_dir_all(part);
    }
    made?;
    cli::answer(&format!("{}: copied and checked", folder.display()))
}

pub(crate) fn restore(config: &Path, folder: &Path) -> anyhow::Result<()> {
    let databases = databases(config)?;
    for (name, url) in &databases {
        url.may_restore(&folder.join(name))?;
    }
    for (name, url) in databases {
        let copy = folder.join(name);
        url.restore(&copy)?;
        cli::answer(&format!("{}: checked and put back", copy.display()))?;
    }
    Ok(())
}

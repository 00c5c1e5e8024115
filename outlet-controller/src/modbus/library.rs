//! The device files at hand: those inside the program and, with precedence, those of a directory.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foundation::config::ConfigError;

use super::Fault;
use super::device::Device;

#[derive(rust_embed::RustEmbed)]
#[folder = "devices"]
struct ShippedDevices;

#[derive(rust_embed::RustEmbed)]
#[folder = "panels"]
struct ShippedPanels;

/// Device types by id.
#[derive(Clone, Debug)]
pub struct Library {
    devices: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    device: Arc<Device>,
    text: Arc<str>,
}

impl Entry {
    fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        let device = Arc::new(Device::parse(path, &text)?);
        let text = text.into();
        Ok(Self { device, text })
    }
}

impl Library {
    /// Those that the program ships.
    ///
    /// # Errors
    /// If one of them breaks a rule.
    pub fn shipped() -> Result<Self, ConfigError> {
        let mut devices = BTreeMap::new();
        for name in ShippedDevices::iter().filter(|name| name.ends_with(".toml")) {
            let path = Path::new("devices").join(name.as_ref());
            let entry = Entry::parse(&path, embedded::<ShippedDevices>(&name).unwrap_or_default())?;
            devices.insert(entry.device.id.clone(), entry);
        }
        Ok(Self { devices })
    }

    /// Those that the program ships, and every `*.toml` in `directory`, which wins where both have an id.
    ///
    /// # Errors
    /// One line, also if two files of the directory have one id.
    pub fn with_directory(directory: &Path) -> Result<Self, ConfigError> {
        let mut library = Self::shipped()?;
        let mut added: BTreeMap<String, PathBuf> = BTreeMap::new();
        for path in toml_files(directory)? {
            let text = std::fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
            let entry = Entry::parse(&path, text)?;
            let id = &entry.device.id;
            if let Some(other) = added.insert(id.clone(), path.clone()) {
                let problem = format!("found \"{id}\", which {} has too", other.display());
                return Err(Fault::new("id", problem).of_file(&path));
            }
            library.devices.insert(id.clone(), entry);
        }
        Ok(library)
    }

    pub fn device(&self, id: &str) -> Option<Arc<Device>> {
        self.devices.get(id).map(|entry| Arc::clone(&entry.device))
    }

    /// A device's file, as a model for one's own.
    pub fn text(&self, id: &str) -> Option<&str> {
        self.devices.get(id).map(|entry| &*entry.text)
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        self.devices.keys()
    }
}

/// The text of a panel file that the program ships, as a model for one's own.
pub fn shipped_panel(name: &str) -> Option<String> {
    embedded::<ShippedPanels>(name)
}

/// The names of the panel files that the program ships.
pub fn shipped_panels() -> impl Iterator<Item = String> {
    ShippedPanels::iter()
        .map(|name| name.into_owned())
        .filter(|name| name.ends_with(".toml"))
}

fn embedded<E: rust_embed::RustEmbed>(name: &str) -> Option<String> {
    E::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

fn toml_files(directory: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let entries = std::fs::read_dir(directory)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|source| unreadable(directory, source))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension() == Some(OsStr::new("toml")));
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path, cause: std::io::Error) -> ConfigError {
    ConfigError::Unreadable {
        path: path.to_owned(),
        cause,
    }
}

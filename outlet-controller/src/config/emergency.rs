//! What is left of a configuration that cannot be used: which panel it is about.

use std::path::{Path, PathBuf};

use foundation::config::ConfigError;
use serde::Deserialize;

use crate::modbus::panel::Panel;

/// The two keys that lead to the breakers; whatever else the file holds is not looked at.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Emergency {
    pub(crate) panel: PathBuf,
    devices_dir: Option<PathBuf>,
}

impl Emergency {
    /// `None` where not even these can be read.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        foundation::config::load(path).ok()
    }

    pub(crate) fn load_panel(&self) -> Result<Panel, ConfigError> {
        super::load_panel(&self.panel, self.devices_dir.as_deref())
    }
}

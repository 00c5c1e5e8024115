//! The table `[papers]`.

use std::path::PathBuf;

use foundation::config::BadValue;
use serde::Deserialize;

use crate::papers::Font;

/// A `[papers]` table: what labels, receipts and statements are printed with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Papers {
    /// A TrueType or OpenType file with Japanese; one that this machine has where left out.
    pub font: Option<PathBuf>,
}

impl Papers {
    /// # Errors
    /// If the file that is named cannot be used.
    pub(super) fn check(&self) -> Result<(), BadValue> {
        let read = self.font.as_deref().map(Font::read).transpose();
        read.map(|_| ()).map_err(|problem| BadValue {
            key: "papers.font",
            problem,
        })
    }
}

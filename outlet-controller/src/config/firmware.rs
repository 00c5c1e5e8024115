//! The `[firmware]` table: whose updates are installed, and where they are handed over.

use std::path::{Path, PathBuf};

use foundation::code_signature::check_roots;
use foundation::config::BadValue;
use serde::Deserialize;

/// Without it, every update is refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Firmware {
    /// PEM: the roots of whoever may sign firmware.
    pub root_file: PathBuf,
    /// Where firmware lies for whoever installs it; `firmware` in `data_dir` where left out.
    pub dir: Option<PathBuf>,
    #[serde(default = "usual_max_mb")]
    pub max_mb: u32,
}

fn usual_max_mb() -> u32 {
    64
}

impl Firmware {
    pub(crate) fn max_bytes(&self) -> u64 {
        u64::from(self.max_mb) << 20
    }

    pub(crate) fn folder(&self, data_dir: &Path) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| data_dir.join("firmware"))
    }

    pub(super) fn check(&self) -> Result<(), BadValue> {
        const ALLOWED: std::ops::RangeInclusive<u32> = 1..=1_024;
        let bad = |key, problem| Err(BadValue { key, problem });
        if !ALLOWED.contains(&self.max_mb) {
            let problem = format!(
                "{}: expected {} to {}",
                self.max_mb,
                ALLOWED.start(),
                ALLOWED.end()
            );
            return bad("firmware.max_mb", problem);
        }
        let file = self.root_file.display();
        match std::fs::read_to_string(&self.root_file) {
            Err(error) => bad("firmware.root_file", format!("{file}: {error}")),
            Ok(pem) => {
                check_roots(&pem).or_else(|error| bad("firmware.root_file", format!("{file}: {error}")))
            }
        }
    }
}

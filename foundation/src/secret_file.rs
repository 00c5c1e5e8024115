//! Files that hold a secret, and whether others on this machine may read them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Whether group or others may read it; not where it cannot be seen at all.
pub fn is_open_to_others(file: &Path) -> bool {
    // Whom systemd hands a credential to is not in the mode of its file.
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY");
    let is_credential = credentials.is_some_and(|folder| file.starts_with(folder));
    !is_credential && std::fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

/// Says in the log which of these files others may read.
pub fn warn_if_others_may_read(files: &[PathBuf]) {
    for file in files.iter().filter(|file| is_open_to_others(file)) {
        let file = file.display();
        tracing::warn!(target: "security", %file, "others on this machine may read the secret: chmod 600");
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn a_secret_is_its_owner_s_alone() {
        let file = std::env::temp_dir().join(crate::ids::id("secret"));
        assert!(!is_open_to_others(&file), "it is not there");
        fs::write(&file, "secret").unwrap();
        for (mode, open) in [
            (0o600, false),
            (0o400, false),
            (0o640, true),
            (0o604, true),
            (0o644, true),
        ] {
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_open_to_others(&file), open, "{mode:o}");
        }
        fs::remove_file(file).unwrap();
    }
}

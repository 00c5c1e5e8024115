//! A server's certificate that is read anew when its files have changed, so that renewing it stops nothing.

use std::fs::metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{ListenError, TlsFiles};

/// Between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Shows what was last read well, whatever lies there now.
#[derive(Debug)]
pub(super) struct Reloading {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    last: Mutex<Last>,
}

#[derive(Debug)]
struct Last {
    shown: Arc<CertifiedKey>,
    stamps: [Option<Stamp>; 2],
    looked_at: Instant,
}

/// What tells one content of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl Reloading {
    /// Reads the files.
    pub(super) fn read(files: &TlsFiles, provider: Arc<CryptoProvider>) -> Result<Self, ListenError> {
        let stamps = stamps(files);
        let shown = Arc::new(files.certified_key(&provider)?);
        Ok(Self {
            files: files.clone(),
            provider,
            last: Mutex::new(Last {
                shown,
                stamps,
                looked_at: Instant::now(),
            }),
        })
    }

    /// What is to be shown at `now`.
    fn shown(&self, now: Instant) -> Arc<CertifiedKey> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(last.looked_at) < LOOK_EVERY {
            return last.shown.clone();
        }
        last.looked_at = now;
        let stamps = stamps(&self.files);
        // Each state of the files is read once: also one that is no good, or is half written.
        if stamps != last.stamps {
            last.stamps = stamps;
            match self.files.certified_key(&self.provider) {
                Ok(key) => {
                    tracing::info!(file = %self.files.certificate.display(), "a new certificate is shown");
                    last.shown = Arc::new(key);
                }
                Err(error) => tracing::warn!(%error, "the certificate before is shown"),
            }
        }
        last.shown.clone()
    }
}

impl ResolvesServerCert for Reloading {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown(Instant::now()))
    }
}

fn stamps(files: &TlsFiles) -> [Option<Stamp>; 2] {
    [stamp(&files.certificate), stamp(&files.key)]
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = metadata(path).ok()?;
    Some(Stamp {
        inode: found.ino(),
        bytes: found.len(),
        changed: (found.ctime(), found.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::listen::provider;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(crate::ids::id("denro-certificate"));
            fs::create_dir(&folder).unwrap();
            Self(folder)
        }

        fn files(&self) -> TlsFiles {
            TlsFiles {
                certificate: self.0.join("server.pem"),
                key: self.0.join("server.key.pem"),
            }
        }

        /// Both files of a new certificate; answers with it.
        fn renew(&self) -> Vec<u8> {
            let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
            fs::write(self.files().certificate, made.cert.pem()).unwrap();
            fs::write(self.files().key, made.signing_key.serialize_pem()).unwrap();
            made.cert.der().to_vec()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _left_behind = fs::remove_dir_all(&self.0);
        }
    }

    fn after(reloading: &Reloading, looks: u32) -> Vec<u8> {
        let now = Instant::now() + LOOK_EVERY * looks;
        reloading.shown(now).cert[0].to_vec()
    }

    #[test]
    fn a_renewed_certificate_is_shown_at_the_next_look() {
        let folder = Folder::new();
        let first = folder.renew();
        let reloading = Reloading::read(&folder.files(), provider()).unwrap();
        assert_eq!(after(&reloading, 1), first);
        let second = folder.renew();
        assert_eq!(after(&reloading, 2), second);
    }

    #[test]
    fn what_cannot_be_used_changes_nothing_until_it_can() {
        let folder = Folder::new();
        let first = folder.renew();
        let reloading = Reloading::read(&folder.files(), provider()).unwrap();
        let key = fs::read(folder.files().key).unwrap();
        let second = folder.renew();
        // The certificate is there before its key.
        let right_key = fs::read(folder.files().key).unwrap();
        fs::write(folder.files().key, key).unwrap();
        assert_eq!(after(&reloading, 1), first);
        fs::remove_file(folder.files().key).unwrap();
        assert_eq!(after(&reloading, 2), first);
        fs::write(folder.files().key, right_key).unwrap();
        assert_eq!(after(&reloading, 3), second);
    }
}

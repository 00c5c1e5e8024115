//! Whose certificates are believed: the authorities of the configuration, and the roots that the server has installed
//! (OCPP M03 to M05).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, bail};
use foundation::root_certificate::{CertificateHash, NoRoot, Root};
use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use webpki_roots::TLS_SERVER_ROOTS;

use super::folder::{self, FolderError};

/// So many installed roots are kept, and no more (`CertificateEntries`).
const MAX_INSTALLED: usize = 8;

/// A cheap handle; clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Trusted(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Of the installed roots, one file each.
    folder: PathBuf,
    /// PEM; instead of the certificate authorities that browsers know.
    ca_file: Option<PathBuf>,
    /// Of the present connection, or of the last one; whoever changes the folder holds it.
    shown: Mutex<Option<Shown>>,
}

/// What the server has shown of itself.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// Its own certificate first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) host: ServerName<'static>,
}

/// Why a root is not installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotInstalled {
    #[error("{0}")]
    NoRoot(#[from] NoRoot),
    #[error("the certificate has expired")]
    Expired,
    #[error("{MAX_INSTALLED} are installed already; delete one first")]
    Full,
    #[error("it cannot be kept: {0}")]
    NotKept(#[from] FolderError),
}

/// Why a root is not removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRemoved {
    #[error("there is no such certificate")]
    Unknown,
    #[error("it is in the station's configuration")]
    Configured,
    #[error("the present connection rests on it alone")]
    InUse,
    #[error("it cannot be removed: {0}")]
    Disk(#[from] FolderError),
}

impl Trusted {
    pub(crate) fn new(folder: PathBuf, ca_file: Option<PathBuf>) -> Self {
        Self(Arc::new(Inner {
            folder,
            ca_file,
            shown: Mutex::default(),
        }))
    }

    /// Whom a server's certificate may be of.
    pub(crate) fn authorities(&self) -> anyhow::Result<RootCertStore> {
        let mut roots = read_configured(self.0.ca_file.as_deref())?;
        for root in self.installed() {
            roots.add(root.der().clone())?;
        }
        Ok(roots)
    }

    /// TLS by which servers are believed that one of them vouches for; nothing is shown of this station.
    pub(crate) fn tls(&self) -> anyhow::Result<rustls::ClientConfig> {
        let config = rustls::ClientConfig::builder().with_root_certificates(self.authorities()?);
        Ok(config.with_no_client_auth())
    }

    /// There is a connection to whoever has shown this.
    pub(crate) fn connected(&self, shown: Option<Shown>) {
        *self.lock() = shown;
    }

    /// The roots that the server has installed.
    pub(crate) fn installed(&self) -> Vec<Root> {
        let files = fs::read_dir(&self.0.folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = files.map(|file| file.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "pem"));
        paths.sort();
        paths.iter().filter_map(|path| read_installed(path)).collect()
    }

    /// All roots that are known one by one: the installed ones, and those of a file of the configuration.
    pub(crate) fn list(&self) -> Vec<Root> {
        let mut all = self.installed();
        for root in self.configured() {
            if !all.contains(&root) {
                all.push(root);
            }
        }
        all
    }

    /// Keeps a root, which is on disk when this returns. One that is there already is good.
    pub(crate) fn install(&self, pem: &str, now: Option<Timestamp>) -> Result<(), NotInstalled> {
        let root = Root::read_pem(pem)?;
        if now.is_some_and(|now| now > root.not_after) {
            return Err(NotInstalled::Expired);
        }
        let _one_at_a_time = self.lock();
        let installed = self.installed();
        if installed.contains(&root) {
            return Ok(());
        }
        if installed.len() >= MAX_INSTALLED {
            return Err(NotInstalled::Full);
        }
        folder::make(&self.0.folder)?;
        Ok(folder::write(&self.file_of(&root), &root.pem())?)
    }

    /// Forgets an installed root, unless nothing else vouches for the server that there is a connection to.
    pub(crate) fn remove(&self, hash: &CertificateHash) -> Result<(), NotRemoved> {
        let shown = self.lock();
        let installed = self.installed();
        let Some(root) = installed.iter().find(|root| root.hash() == hash) else {
            let mut configured = self.configured().into_iter();
            let is_configured = configured.any(|root| root.hash() == hash);
            return Err(if is_configured {
                NotRemoved::Configured
            } else {
                NotRemoved::Unknown
            });
        };
        let others = installed.iter().filter(|other| *other != root);
        if shown
            .as_ref()
            .is_some_and(|shown| !self.vouches(others, shown).unwrap_or(false))
        {
            return Err(NotRemoved::InUse);
        }
        Ok(folder::remove(&self.file_of(root))?)
    }

    /// Whether the configuration and these roots are enough to believe the server.
    fn vouches<'a>(&self, roots: impl Iterator<Item = &'a Root>, shown: &Shown) -> anyhow::Result<bool> {
        let mut authorities = read_configured(self.0.ca_file.as_deref())?;
        for root in roots {
            authorities.add(root.der().clone())?;
        }
        let provider = default_provider().into();
        let verifier = WebPkiServerVerifier::builder_with_provider(authorities.into(), provider).build()?;
        let (leaf, intermediates) = shown.chain.split_first().context("nothing was shown")?;
        let now = UnixTime::now();
        let verified = verifier.verify_server_cert(leaf, intermediates, &shown.host, &[], now);
        Ok(verified.is_ok())
    }

    /// Of the configuration's file; whatever is no root there has no name by which it could be asked for.
    fn configured(&self) -> Vec<Root> {
        let Some(path) = &self.0.ca_file else {
            return Vec::new();
        };
        let certificates = CertificateDer::pem_file_iter(path).into_iter().flatten();
        certificates
            .filter_map(|der| Root::read(der.ok()?).ok())
            .collect()
    }

    fn file_of(&self, root: &Root) -> PathBuf {
        self.0.folder.join(root.fingerprint() + ".pem")
    }

    fn lock(&self) -> MutexGuard<'_, Option<Shown>> {
        self.0.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The authorities of a file in PEM, or those that browsers know.
///
/// # Errors
/// If the file cannot be used.
pub(crate) fn read_configured(ca_file: Option<&Path>) -> anyhow::Result<RootCertStore> {
    let Some(path) = ca_file else {
        return Ok(RootCertStore::from_iter(TLS_SERVER_ROOTS.iter().cloned()));
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).with_context(|| path.display().to_string())?;
    for certificate in certificates {
        roots.add(certificate.with_context(|| path.display().to_string())?)?;
    }
    if roots.is_empty() {
        bail!("{}: no certificate in it", path.display());
    }
    Ok(roots)
}

fn read_installed(path: &Path) -> Option<Root> {
    let read = folder::read(path).map_err(anyhow::Error::from);
    let root = read.and_then(|text| Ok(Root::read_pem(&text)?));
    root.inspect_err(
        |error| tracing::error!(path = %path.display(), %error, "an installed root is of no use"),
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Authority, Dir};
    use super::*;

    fn hash(root: &str) -> CertificateHash {
        Root::read_pem(root).unwrap().hash().clone()
    }

    fn refused(outcome: Result<(), impl std::fmt::Display>) -> String {
        outcome.unwrap_err().to_string()
    }

    #[test]
    fn a_root_is_there_after_a_restart_and_gone_after_it_was_removed() {
        let (dir, authority) = (Dir::new(), Authority::new());
        let trusted = || Trusted::new(dir.0.clone(), None);
        let root = authority.root_pem();
        trusted().install(&root, None).unwrap();
        trusted().install(&root, Some(Timestamp::now())).unwrap();
        assert_eq!(trusted().list().len(), 1);
        let with_ours = trusted().authorities().unwrap().len();
        trusted().remove(&hash(&root)).unwrap();
        assert_eq!(trusted().authorities().unwrap().len(), with_ours - 1);
        assert_eq!(
            refused(trusted().remove(&hash(&root))),
            "there is no such certificate"
        );
    }

    #[test]
    fn junk_and_what_has_expired_is_refused_and_leaves_nothing() {
        let (dir, authority) = (Dir::new(), Authority::new());
        let trusted = Trusted::new(dir.0.clone(), None);
        let request = super::super::KeyRequest::new("panel-7").unwrap();
        let leaf = authority.certify(&request.csr_pem, super::super::testing::URI, 60);
        let leaf = leaf
            .split_inclusive("-----END CERTIFICATE-----\n")
            .next()
            .unwrap();
        for (junk, part) in [
            ("junk", "expected one certificate"),
            (leaf, "another authority has issued it"),
            (&(authority.root_pem() + leaf), "expected one certificate"),
        ] {
            let refused = refused(trusted.install(junk, None));
            assert!(refused.contains(part), "{refused}");
        }
        let root = authority.root_pem();
        let end = Root::read_pem(&root).unwrap().not_after;
        let later = end + jiff::SignedDuration::from_secs(1);
        assert!(refused(trusted.install(&root, Some(later))).contains("expired"));
        assert!(!dir.0.exists());
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for_and_a_broken_file_is_done_without() {
        let dir = Dir::new();
        let trusted = Trusted::new(dir.0.clone(), None);
        for _ in 0..MAX_INSTALLED {
            trusted.install(&Authority::new().root_pem(), None).unwrap();
        }
        let one_more = trusted.install(&Authority::new().root_pem(), None);
        assert!(refused(one_more).contains("delete one first"));
        let file = fs::read_dir(&dir.0).unwrap().next().unwrap().unwrap().path();
        fs::write(file, "torn").unwrap();
        assert_eq!(trusted.installed().len(), MAX_INSTALLED - 1);
    }

    #[test]
    fn a_disk_that_takes_nothing_is_told_as_such() {
        let dir = Dir::new();
        fs::write(&dir.0, "a file where a folder should be").unwrap();
        let refused = Trusted::new(dir.0.clone(), None).install(&Authority::new().root_pem(), None);
        assert!(matches!(refused, Err(NotInstalled::NotKept(_))), "{refused:?}");
        fs::remove_file(&dir.0).unwrap();
    }

    #[test]
    fn the_only_root_of_the_present_connection_and_a_configured_one_stay() {
        let dir = Dir::new();
        fs::create_dir_all(&dir.0).unwrap();
        let ca_file = dir.0.join("configured.crt");
        let (configured, second) = (Authority::new(), Authority::new());
        fs::write(&ca_file, configured.root_pem()).unwrap();
        let trusted = Trusted::new(dir.0.clone(), Some(ca_file));
        trusted.install(&second.root_pem(), None).unwrap();
        let shown = |authority: &Authority| Shown {
            chain: authority.server_chain("127.0.0.1").0,
            host: "127.0.0.1".try_into().unwrap(),
        };
        assert_eq!(
            refused(trusted.remove(&hash(&configured.root_pem()))),
            "it is in the station's configuration"
        );
        trusted.connected(Some(shown(&second)));
        assert_eq!(
            refused(trusted.remove(&hash(&second.root_pem()))),
            "the present connection rests on it alone"
        );
        trusted.connected(Some(shown(&configured)));
        trusted.remove(&hash(&second.root_pem())).unwrap();
    }
}

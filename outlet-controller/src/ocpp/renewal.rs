//! Renewing this station's certificate (OCPP A02, A03): when to ask, how often, and what is taken for an answer.

use jiff::Timestamp;

use super::open::Renewed;
use crate::identity::{Folder, FolderError, Identity, KeyRequest, Trusted, Unfit, root};

/// `CertSigningWaitMinimum`: between a request and the next one, doubled each time.
pub(super) const WAIT_MINIMUM_S: u64 = 60;
/// `CertSigningRepeatTimes`: so often it is asked again …
pub(super) const REPEAT_TIMES: u32 = 4;
/// … and then not before this has passed.
const REST_S: u64 = 6 * 3_600;
/// Of 65,536: many certificates are made at once, and are not renewed at once.
const JITTER_OF: i64 = 65_536;

/// What is known of one identity and of the requests for its successor; outlives connections.
#[derive(Debug)]
pub(super) struct Renewal {
    folder: Folder,
    trusted: Trusted,
    /// Between nothing and a tenth of the life.
    jitter: u16,
    /// The key that a certificate was asked for.
    pending: Option<KeyRequest>,
    /// How often it was asked since a certificate was of use.
    asked: u32,
    /// The tick before which it is not asked.
    not_before_ms: u64,
    /// The server wants it, whatever the time.
    wanted: bool,
    /// When the present one is to be renewed.
    renew_from: Option<Timestamp>,
    /// A renewed one was discarded, and that is still to be told.
    discarded: bool,
}

/// A certificate from the server is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Now,
    Before,
}

/// Why a certificate from the server is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTaken {
    #[error("no certificate was asked for")]
    NotAsked,
    #[error("{0}")]
    Unfit(#[from] Unfit),
    #[error("the certificate names another station")]
    OtherStation,
    #[error("it cannot be kept: {0}")]
    NotKept(String),
}

impl Renewal {
    pub(super) fn new(folder: Folder, trusted: Trusted) -> Self {
        Self {
            folder,
            trusted,
            jitter: u16::from_le_bytes(foundation::ids::random()),
            pending: None,
            asked: 0,
            not_before_ms: 0,
            wanted: false,
            renew_from: None,
            discarded: false,
        }
    }

    /// There is a connection, with the identity in use.
    pub(super) fn connected(&mut self, renewed: Renewed) {
        let current = self.folder.current();
        self.renew_from = current.ok().map(|identity| renew_from(&identity, self.jitter));
        match renewed {
            Renewed::Promoted => self.asked = 0,
            Renewed::Discarded => self.discarded = true,
            Renewed::None | Renewed::Kept => {}
        }
    }

    /// Whether it is still to be told that a renewed certificate was discarded.
    pub(super) fn is_to_tell_discarded(&self) -> bool {
        self.discarded
    }

    pub(super) fn told_discarded(&mut self) {
        self.discarded = false;
    }

    /// The server wants a new one now (A02).
    pub(super) fn want(&mut self) {
        (self.wanted, self.asked, self.not_before_ms) = (true, 0, 0);
    }

    /// The tick from which on it is to be asked; `None` while the time is not known, or nothing can be renewed.
    pub(super) fn due_ms(&self, tick_ms: u64, now: Option<Timestamp>) -> Option<u64> {
        if self.wanted {
            return Some(self.not_before_ms);
        }
        let left_ms = self.renew_from?.as_millisecond() - now?.as_millisecond();
        let from_ms = tick_ms.saturating_add(u64::try_from(left_ms).unwrap_or(0));
        Some(from_ms.max(self.not_before_ms))
    }

    /// The request (PKCS#10 in PEM) to send now; the same one until it is answered by a certificate.
    pub(super) fn ask(&mut self, station_id: &str, tick_ms: u64) -> Option<String> {
        let wait_s = if self.asked < REPEAT_TIMES {
            WAIT_MINIMUM_S.saturating_mul(1 << self.asked)
        } else {
            self.asked = 0;
            REST_S
        };
        self.asked += 1;
        self.not_before_ms = tick_ms.saturating_add(wait_s * 1_000);
        if self.pending.is_none() {
            self.pending = KeyRequest::new(station_id)
                .inspect_err(|error| tracing::error!(%error, "no key can be made"))
                .ok();
        }
        self.pending.as_ref().map(|request| request.csr_pem.clone())
    }

    /// Takes a certificate that fits, and keeps it as the next one. The same again, because our answer was lost, is good too.
    pub(super) fn take(&mut self, chain_pem: &str, now: Option<Timestamp>) -> Result<Taken, NotTaken> {
        if self.has(chain_pem) {
            return Ok(Taken::Before);
        }
        let request = self.pending.as_ref().ok_or(NotTaken::NotAsked)?;
        let next = Identity::read(chain_pem, &request.key_pem)?;
        let not_kept = |error: FolderError| NotTaken::NotKept(error.to_string());
        let first = root(&self.folder.root().map_err(not_kept)?)?;
        let installed = self.trusted.installed().into_iter();
        let mut trusted: Vec<_> = installed.map(|root| root.der().clone()).collect();
        trusted.push(first);
        next.verify(&trusted, now)?;
        let current = self.folder.current().map_err(not_kept)?;
        if next.uri != current.uri {
            return Err(NotTaken::OtherStation);
        }
        self.folder
            .store_next(&request.key_pem, chain_pem)
            .map_err(not_kept)?;
        (self.pending, self.wanted) = (None, false);
        Ok(Taken::Now)
    }

    fn has(&self, chain_pem: &str) -> bool {
        let next = self.folder.next().ok().flatten();
        let known = [next, self.folder.current().ok()];
        known.iter().flatten().any(|identity| identity.is_of(chain_pem))
    }
}

/// Two thirds of the life, and a random part of the tenth after that.
fn renew_from(identity: &Identity, jitter: u16) -> Timestamp {
    let (from_s, to_s) = (identity.not_before.as_second(), identity.not_after.as_second());
    let life_s = to_s.saturating_sub(from_s);
    let jitter_s = (life_s / 10).saturating_mul(i64::from(jitter)) / JITTER_OF;
    let at_s = from_s.saturating_add(life_s / 3 * 2).saturating_add(jitter_s);
    Timestamp::from_second(at_s).unwrap_or(identity.not_after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::testing::{Authority, Dir, URI};

    const STATION: &str = "panel-7";

    fn enrolled(authority: &Authority) -> (Dir, Renewal) {
        let dir = Dir::new();
        let request = KeyRequest::new(STATION).unwrap();
        let chain = authority.certify(&request.csr_pem, URI, 3_600);
        let folder = dir.folder();
        folder
            .store(&request.key_pem, &chain, &authority.root_pem())
            .unwrap();
        let trusted = Trusted::new(dir.0.join("roots"), None);
        (dir, Renewal::new(folder, trusted))
    }

    #[test]
    fn it_is_asked_in_the_last_third_of_the_life_and_never_by_an_unknown_clock() {
        let (dir, mut renewal) = enrolled(&Authority::new());
        let identity = dir.folder().current().unwrap();
        let life_s = identity.not_after.as_second() - identity.not_before.as_second();
        for (jitter, earliest, latest) in [(0, 66, 67), (u16::MAX, 76, 77)] {
            renewal.jitter = jitter;
            renewal.connected(Renewed::None);
            let due_s = renewal.due_ms(0, Some(identity.not_before)).unwrap() / 1_000;
            let percent = i64::try_from(due_s).unwrap() * 100 / life_s;
            assert!((earliest..=latest).contains(&percent), "{jitter}: {percent} %");
        }
        assert_eq!(renewal.due_ms(7, Some(identity.not_after)), Some(7));
        assert_eq!(renewal.due_ms(7, None), None);
        renewal.want();
        assert_eq!(renewal.due_ms(7, None), Some(0));
    }

    #[test]
    fn the_wait_doubles_and_after_so_many_times_comes_a_rest() {
        let (_dir, mut renewal) = enrolled(&Authority::new());
        let mut waits = Vec::new();
        let mut requests = std::collections::BTreeSet::new();
        for _ in 0..6 {
            requests.extend(renewal.ask(STATION, 0));
            waits.push(renewal.not_before_ms / 1_000);
        }
        assert_eq!(waits, [60, 120, 240, 480, REST_S, 120]);
        assert_eq!(requests.len(), 1);
    }

    #[test]
    fn a_certificate_that_does_not_connect_makes_no_request_come_sooner() {
        let authority = Authority::new();
        let (dir, mut renewal) = enrolled(&authority);
        let mut waits = Vec::new();
        for _ in 0..3 {
            let csr = renewal.ask(STATION, 0).unwrap();
            waits.push(renewal.not_before_ms / 1_000);
            renewal.take(&authority.certify(&csr, URI, 3_600), None).unwrap();
            renewal.connected(Renewed::Kept);
        }
        assert_eq!(waits, [60, 120, 240]);
        dir.folder().promote_next().unwrap();
        renewal.connected(Renewed::Promoted);
        renewal.ask(STATION, 0);
        assert_eq!(renewal.not_before_ms / 1_000, 60);
    }

    #[test]
    fn an_authority_whose_root_was_installed_is_as_good_as_the_first() {
        let (_dir, mut renewal) = enrolled(&Authority::new());
        let second = Authority::new();
        let csr = renewal.ask(STATION, 0).unwrap();
        let chain = second.certify(&csr, URI, 3_600);
        let refused = renewal.take(&chain, None).unwrap_err().to_string();
        assert!(refused.contains("not of this authority"), "{refused}");
        renewal.trusted.install(&second.root_pem(), None).unwrap();
        assert_eq!(renewal.take(&chain, None).unwrap(), Taken::Now);
    }

    #[test]
    fn only_a_certificate_that_was_asked_for_and_fits_is_taken() {
        let authority = Authority::new();
        let (dir, mut renewal) = enrolled(&authority);
        let now = Some(Timestamp::now());
        let other = KeyRequest::new(STATION).unwrap();
        let take = |renewal: &mut Renewal, authority: &Authority, csr: &str, uri: &str| {
            let taken = renewal.take(&authority.certify(csr, uri, 3_600), now);
            taken.map_err(|error| error.to_string())
        };
        let unasked = take(&mut renewal, &authority, &other.csr_pem, URI);
        assert_eq!(unasked, Err("no certificate was asked for".into()));
        let csr = renewal.ask(STATION, 0).unwrap();
        let stranger = Authority::new();
        for (authority, csr, uri, part) in [
            (&authority, &other.csr_pem, URI, "another key"),
            (&stranger, &csr, URI, "not of this authority"),
            (
                &authority,
                &csr,
                "spiffe://auth.example.com/site/site_2/controller/panel-7",
                "another station",
            ),
        ] {
            let refused = take(&mut renewal, authority, csr, uri).unwrap_err();
            assert!(refused.contains(part), "{refused}");
            assert!(dir.folder().next().unwrap().is_none());
        }
        let chain = authority.certify(&csr, URI, 3_600);
        assert_eq!(renewal.take(&chain, now).unwrap(), Taken::Now);
        assert_eq!(renewal.take(&chain, now).unwrap(), Taken::Before);
        dir.folder().promote_next().unwrap();
        assert_eq!(renewal.take(&chain, now).unwrap(), Taken::Before);
        assert_ne!(renewal.ask(STATION, 0), Some(csr));
    }
}

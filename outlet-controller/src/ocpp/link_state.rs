//! How the connection to the server stands, for whoever shows it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::units::Now;
use foundation::Clock;

/// The link now. Everything counts from the program's start.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkState {
    /// The OCPP version that was agreed on; `None` while there is no connection.
    pub(crate) version: Option<&'static str>,
    /// Since when it is connected, or is not.
    pub(crate) since: Option<Now>,
    /// When the server last answered a call.
    pub(crate) last_answer: Option<Now>,
    pub(crate) connections: u64,
    pub(crate) failures: u64,
    /// Why there is no connection.
    pub(crate) trouble: Option<String>,
    /// By how much the server's clock was ahead of ours when it last told the time.
    pub(crate) server_ahead_ms: Option<i64>,
    /// When the certificate that it is tried with ends; `None` where it has a password.
    pub(crate) certificate_ends: Option<jiff::Timestamp>,
}

/// Clones share one link.
#[derive(Clone, Debug)]
pub(crate) struct LinkWatch {
    state: Arc<Mutex<LinkState>>,
    clock: Clock,
}

impl LinkWatch {
    pub(crate) fn new(clock: Clock) -> Self {
        let watch = Self {
            state: Arc::default(),
            clock,
        };
        watch.lock().since = Some(watch.now());
        watch
    }

    pub(crate) fn state(&self) -> LinkState {
        self.lock().clone()
    }

    pub(super) fn connected(&self, version: &'static str) {
        let now = self.now();
        let mut state = self.lock();
        state.version = Some(version);
        state.since = Some(now);
        state.connections += 1;
        state.trouble = None;
    }

    /// There is no connection: it could not be made, or was lost.
    pub(super) fn failed(&self, why: &str) {
        let now = self.now();
        let mut state = self.lock();
        if state.version.take().is_some() {
            state.since = Some(now);
        }
        state.failures += 1;
        state.trouble = Some(why.to_owned());
    }

    pub(super) fn answered(&self) {
        let now = self.now();
        self.lock().last_answer = Some(now);
    }

    pub(super) fn server_is_ahead(&self, by_ms: i64) {
        self.lock().server_ahead_ms = Some(by_ms);
    }

    /// A certificate is tried that is good until then.
    pub(super) fn certificate(&self, ends: jiff::Timestamp) {
        self.lock().certificate_ends = Some(ends);
    }

    fn now(&self) -> Now {
        crate::control_loop::now_of(&self.clock)
    }

    fn lock(&self) -> MutexGuard<'_, LinkState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn failed_attempts_do_not_change_since_when_there_is_no_connection() {
        let clock = Clock::system();
        let link = LinkWatch::new(clock.clone());
        link.connected("ocpp2.1");
        clock.advance(Duration::from_secs(60));
        link.failed("closed by the server");
        let lost = link.state().since;
        clock.advance(Duration::from_secs(60));
        link.failed("connection refused");
        let state = link.state();
        assert_eq!((state.version, state.since), (None, lost));
        assert_eq!((state.connections, state.failures), (1, 2));
        assert_eq!(state.trouble.as_deref(), Some("connection refused"));
    }
}

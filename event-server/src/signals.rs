//! Wake-ups inside the process. They carry no truth: whoever wakes reads the rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, broadcast, watch};

/// More outcomes than this at once, and a waiter merely looks again.
const OUTCOMES: usize = 256;
/// More changed endpoints than this at once, and some are hurried up by their next delivery only.
const ENDPOINTS: usize = 256;

/// Stands for every command.
pub(crate) const ANY: &str = "";

/// A cheap handle; clones share the wake-ups.
#[derive(Clone, Debug)]
pub(crate) struct Signals(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    events: watch::Sender<()>,
    deliveries: watch::Sender<()>,
    endpoints: broadcast::Sender<Arc<str>>,
    renewals: watch::Sender<()>,
    outcomes: broadcast::Sender<Arc<str>>,
    commands: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Default for Signals {
    fn default() -> Self {
        Self(Arc::new(Inner {
            events: watch::Sender::new(()),
            deliveries: watch::Sender::new(()),
            endpoints: broadcast::Sender::new(ENDPOINTS),
            renewals: watch::Sender::new(()),
            outcomes: broadcast::Sender::new(OUTCOMES),
            commands: Mutex::default(),
        }))
    }
}

impl Signals {
    /// Events have been committed.
    pub(crate) fn events_appended(&self) {
        self.0.events.send_replace(());
    }

    /// Changes with every [`Signals::events_appended`]; none is missed between two looks.
    pub(crate) fn events(&self) -> watch::Receiver<()> {
        self.0.events.subscribe()
    }

    /// Deliveries have been committed.
    pub(crate) fn deliveries_appended(&self) {
        self.0.deliveries.send_replace(());
    }

    /// Changes with every [`Signals::deliveries_appended`]; none is missed between two looks.
    pub(crate) fn deliveries(&self) -> watch::Receiver<()> {
        self.0.deliveries.subscribe()
    }

    /// A webhook endpoint was changed.
    pub(crate) fn endpoint_changed(&self, endpoint_id: &str) {
        // Nobody may deliver here.
        let _no_deliverer = self.0.endpoints.send(endpoint_id.into());
    }

    /// The ids of endpoints as they are changed.
    pub(crate) fn endpoints(&self) -> broadcast::Receiver<Arc<str>> {
        self.0.endpoints.subscribe()
    }

    /// A station has asked for a certificate.
    pub(crate) fn renewal_asked(&self) {
        self.0.renewals.send_replace(());
    }

    /// Changes with every [`Signals::renewal_asked`]; none is missed between two looks.
    pub(crate) fn renewals(&self) -> watch::Receiver<()> {
        self.0.renewals.subscribe()
    }

    /// A command has its outcome.
    pub(crate) fn command_completed(&self, command_id: &str) {
        // Nobody may be waiting.
        let _no_waiter = self.0.outcomes.send(command_id.into());
    }

    /// Outcomes may have been missed: whoever waits for one looks.
    pub(crate) fn anything_completed(&self) {
        self.command_completed(ANY);
    }

    /// The ids of commands as they get their outcomes; [`ANY`] may be each of them.
    pub(crate) fn outcomes(&self) -> broadcast::Receiver<Arc<str>> {
        self.0.outcomes.subscribe()
    }

    /// There is something to do for a controller.
    pub(crate) fn commands_changed(&self, controller_id: &str) {
        let mut commands = self.0.commands.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = commands.get(controller_id) {
            if Arc::strong_count(notify) > 1 {
                notify.notify_one();
            } else {
                commands.remove(controller_id);
            }
        }
    }

    /// What to wait on for one controller's commands. A wake-up before the wait is kept; hold it, do not ask anew.
    pub(crate) fn commands_of(&self, controller_id: &str) -> Arc<Notify> {
        let mut commands = self.0.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.entry(controller_id.to_owned()).or_default().clone()
    }
}

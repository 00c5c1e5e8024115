//! What must survive and what must be told: gathered by a round, written in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::ids::{OutletNumber, TransactionId};
use domain::outlet::{Charge, Report};
use domain::panel::Panel;
use domain::units::{Now, Timestamp};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Form;
use crate::ocpp::messages::{self, Context, Numbers, Occasion};
use crate::store::{Found, Message, OutletRow, Step, Store, StoreError};

/// While the disk takes nothing, this many messages are kept in memory; samples beyond are not taken.
const MAX_UNWRITTEN: usize = 10_000;
/// A write that takes longer is not waited for.
const DISK_PATIENCE: Duration = Duration::from_millis(1_500);
/// How long later rounds wait for it then.
const SLOW_DISK_PATIENCE: Duration = Duration::from_millis(20);

/// Says when the journal has grown, and knows whether the server can be reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct JournalSignal(Arc<Signal>);

#[derive(Debug, Default)]
struct Signal {
    grew: Notify,
    online: AtomicBool,
}

impl JournalSignal {
    pub(crate) async fn grew(&self) {
        self.0.grew.notified().await;
    }

    pub(crate) fn set_online(&self, online: bool) {
        self.0.online.store(online, Ordering::Relaxed);
    }

    fn is_online(&self) -> bool {
        self.0.online.load(Ordering::Relaxed)
    }
}

/// Which samples a round takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    None,
    Minute,
    Requested(OutletNumber, Form),
    AllRequested(Form),
}

/// The place of an outlet in its transaction's messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    seq_no: i64,
    last_start: Option<(i64, TransactionId)>,
}

pub(super) struct Ledger {
    store: Store,
    boot_id: String,
    books: BTreeMap<OutletNumber, Book>,
    next_event_id: i64,
    touched: BTreeSet<OutletNumber>,
    messages: Vec<Message>,
    writing: Option<Writing>,
    signal: JournalSignal,
}

/// A step on its way to the disk.
struct Writing {
    task: JoinHandle<Result<(), StoreError>>,
    touched: BTreeSet<OutletNumber>,
    messages: Vec<Message>,
    /// A slow disk is one that has not written by then.
    patience_ends: Instant,
    is_slow: bool,
}

impl Ledger {
    pub(super) fn new(store: Store, found: Found, boot_id: &str, signal: JournalSignal) -> Self {
        let book = |row: OutletRow| {
            let book = Book {
                seq_no: row.seq_no,
                last_start: row.last_start,
            };
            Some((OutletNumber::new(row.number)?, book))
        };
        Self {
            store,
            boot_id: boot_id.to_owned(),
            books: found.outlets.into_iter().filter_map(book).collect(),
            next_event_id: found.next_event_id,
            touched: BTreeSet::new(),
            messages: Vec::new(),
            writing: None,
            signal,
        }
    }

    /// The transaction that this start became.
    pub(super) fn started(&self, number: OutletNumber, remote_start_id: i64) -> Option<TransactionId> {
        let (id, transaction) = self.books.get(&number)?.last_start.as_ref()?;
        (*id == remote_start_id).then(|| transaction.clone())
    }

    /// A transaction begins; gives back what was in its place.
    pub(super) fn begin(
        &mut self,
        number: OutletNumber,
        remote_start_id: i64,
        transaction: &TransactionId,
    ) -> Book {
        let book = Book {
            seq_no: 0,
            last_start: Some((remote_start_id, transaction.clone())),
        };
        self.touch(number);
        self.books.insert(number, book).unwrap_or_default()
    }

    /// Undoes [`Ledger::begin`], on disk too as soon as it takes something again.
    pub(super) fn take_back(&mut self, number: OutletNumber, book: Book) {
        self.touch(number);
        self.books.insert(number, book);
    }

    /// This outlet is written down with the next step.
    pub(super) fn touch(&mut self, number: OutletNumber) {
        self.touched.insert(number);
    }

    pub(super) fn touch_all(&mut self, panel: &Panel) {
        self.touched.extend(panel.outlets().map(|(number, _)| number));
    }

    /// Makes the messages of a round's reports.
    pub(super) fn note(&mut self, panel: &Panel, reports: Vec<(OutletNumber, Report)>, now: Now) {
        for (number, report) in &reports {
            let Some(outlet) = panel.outlet(*number) else {
                continue;
            };
            // A charge that ended in this round is no longer the outlet's.
            let ended = reports
                .iter()
                .find_map(|(other, report)| ended_charge(report).filter(|_| other == number));
            let charge = ended.or(outlet.charge());
            let status = outlet.status();
            let context = self.context(*number, &status, charge, now.wall);
            let mut numbers = self.numbers(*number);
            let messages = messages::of_report(report, &context, &mut numbers);
            self.touch(*number);
            self.add(*number, numbers, messages);
        }
    }

    /// What the main circuit's meter gave rise to.
    pub(super) fn note_main(&mut self, report: Option<Report>, now: Now) {
        if let Some(report) = report {
            let event_id = self.next_event_id;
            let message = messages::of_main_report(&report, event_id, now.wall);
            self.next_event_id += i64::from(message.is_some());
            self.messages.extend(message);
        }
    }

    /// Makes the samples of a round.
    pub(super) fn sample(&mut self, panel: &Panel, samples: Samples, now: Now) {
        let (one, occasion) = match samples {
            Samples::None => return,
            Samples::Minute => (None, Occasion::Minute),
            Samples::Requested(number, form) => (Some(number), Occasion::Requested(form)),
            Samples::AllRequested(form) => (None, Occasion::Requested(form)),
        };
        if self.messages.len() >= MAX_UNWRITTEN {
            tracing::error!(
                unwritten = self.messages.len(),
                "the disk takes nothing: a sample is left out"
            );
            return;
        }
        for (number, outlet) in panel
            .outlets()
            .filter(|(number, _)| one.is_none_or(|one| one == *number))
        {
            let status = outlet.status();
            let context = self.context(number, &status, outlet.charge(), now.wall);
            let mut numbers = self.numbers(number);
            let message = messages::sample(&context, occasion, &mut numbers);
            self.touch(number);
            self.add(number, numbers, message);
        }
        if one.is_none()
            && let Some((reading, _)) = panel.main()
        {
            self.messages
                .extend(messages::main_sample(&reading, occasion, now.wall));
        }
    }

    /// Writes down what has gathered; `false` where the disk has not taken it yet: it is kept, and nothing may be
    /// done that rests on it. May be left at any point and called again.
    pub(super) async fn write_down(&mut self, panel: &Panel, now: Now) -> bool {
        loop {
            if self.writing.is_none() {
                if self.touched.is_empty() && self.messages.is_empty() {
                    return true;
                }
                self.begin_writing(panel, now);
            }
            if !self.has_written().await {
                return false;
            }
        }
    }

    fn begin_writing(&mut self, panel: &Panel, now: Now) {
        let touched = std::mem::take(&mut self.touched);
        let step = Step {
            outlets: touched
                .iter()
                .filter_map(|number| self.row(panel, *number, now))
                .collect(),
            messages: std::mem::take(&mut self.messages),
            next_event_id: self.next_event_id,
        };
        let (store, copy) = (self.store.clone(), step.clone());
        let task = tokio::spawn(async move { store.write(copy).await });
        self.writing = Some(Writing {
            task,
            touched,
            messages: step.messages,
            patience_ends: Instant::now() + DISK_PATIENCE,
            is_slow: false,
        });
    }

    /// Waits a little for what is being written: a disk that hangs must not keep the loop from its work.
    async fn has_written(&mut self) -> bool {
        let Some(writing) = &mut self.writing else {
            return true;
        };
        let until = writing.patience_ends.max(Instant::now() + SLOW_DISK_PATIENCE);
        let Ok(ended) = tokio::time::timeout_at(until, &mut writing.task).await else {
            if !writing.is_slow {
                tracing::error!("the disk is slow: no breaker is closed until it has written");
            }
            writing.is_slow = true;
            return false;
        };
        let Some(writing) = self.writing.take() else {
            return true;
        };
        let error = match ended {
            Ok(Ok(())) => {
                if !writing.messages.is_empty() {
                    self.signal.0.grew.notify_one();
                }
                return true;
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(error, "the controller's state is not on disk");
        self.touched.extend(writing.touched);
        self.messages.splice(..0, writing.messages);
        false
    }

    fn row(&self, panel: &Panel, number: OutletNumber, now: Now) -> Option<OutletRow> {
        let mut saved = panel.outlet(number)?.saved();
        if let Some(charge) = &mut saved.charge {
            charge.deadline = charge.deadline.noted(now);
        }
        let book = self.books.get(&number).cloned().unwrap_or_default();
        Some(OutletRow {
            number: number.get(),
            saved,
            boot_id: self.boot_id.clone(),
            seq_no: book.seq_no,
            last_start: book.last_start,
        })
    }

    fn context<'a>(
        &self,
        outlet: OutletNumber,
        status: &'a domain::outlet::Status,
        charge: Option<&'a Charge>,
        at: Timestamp,
    ) -> Context<'a> {
        Context {
            outlet,
            status,
            charge,
            at,
            offline: !self.signal.is_online(),
        }
    }

    fn numbers(&self, number: OutletNumber) -> Numbers {
        let seq_no = self.books.get(&number).map_or(0, |book| book.seq_no);
        Numbers {
            seq_no,
            event_id: self.next_event_id,
        }
    }

    fn add(&mut self, number: OutletNumber, used: Numbers, messages: impl IntoIterator<Item = Message>) {
        self.books.entry(number).or_default().seq_no = used.seq_no;
        self.next_event_id = used.event_id;
        self.messages.extend(messages);
    }
}

fn ended_charge(report: &Report) -> Option<&Charge> {
    match report {
        Report::Ended { charge, .. } => Some(charge),
        Report::Energized
        | Report::ChargingStarted
        | Report::ChargingPaused
        | Report::BreakerMoved { .. }
        | Report::CurrentRise { .. }
        | Report::MeterAnomaly(_)
        | Report::MeterRebased { .. }
        | Report::Fault(_)
        | Report::FaultCleared(_) => None,
    }
}

//! What must survive and what must be told: gathered by a round, written in one transaction.

mod chatter;
mod signal;
mod space;
mod writing;

use std::collections::{BTreeMap, BTreeSet};

use api_spec::ocpp::Action;
use api_spec::ocpp::v201::TransactionEventRequest;
use domain::ids::{OutletNumber, TransactionId};
use domain::observation::Position;
use domain::outlet::{Charge, Report, Wanted};
use domain::panel::Panel;
use domain::units::{Now, Timestamp};

use super::picture::{DiskPicture, Durations};
use super::{Form, log};
use crate::ocpp::messages::{self, Context, Numbers, Occasion};
use crate::store::{Found, Message, OutletRow, Rank, Store};

use chatter::{Chatter, is_chatter};
pub(crate) use signal::JournalSignal;
use space::Space;
pub(crate) use space::{Change, Trouble};
use writing::Writing;

/// While the disk takes nothing, this many messages are kept in memory; samples and chatter beyond are not taken.
const MAX_UNWRITTEN: usize = 4_000;

/// Which samples a round takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Samples {
    #[default]
    None,
    Minute,
    Requested(OutletNumber, Form),
    AllRequested(Form),
}

/// The serial numbers of the meters, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Serials {
    pub(super) outlets: BTreeMap<OutletNumber, String>,
    pub(super) main: Option<String>,
}

/// The place of an outlet in its transaction's messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    seq_no: i64,
    last_start: Option<(i64, TransactionId)>,
    /// The position that the last sample has told.
    sampled: Option<Position>,
}

pub(super) struct Ledger {
    store: Store,
    boot_id: String,
    journal_id: i64,
    serials: Serials,
    books: BTreeMap<OutletNumber, Book>,
    next_event_id: i64,
    touched: BTreeSet<OutletNumber>,
    /// The outlets whose charges are known to be ending.
    ending: BTreeSet<OutletNumber>,
    messages: Vec<Message>,
    writing: Option<Writing>,
    space: Space,
    chatter: Chatter,
    /// The messages that wait say that a part of what was saved is lost.
    tells_loss: bool,
    /// Whether the server was told last that reports of charges are set aside.
    owes: bool,
    /// Steps that are on disk.
    steps: u64,
    /// Writes that the disk has refused or kept waiting.
    failures: u64,
    writes: Durations,
    signal: JournalSignal,
}

impl Ledger {
    pub(super) fn new(store: Store, found: Found, boot_id: &str, signal: JournalSignal) -> Self {
        let book = |row: OutletRow| {
            let book = Book {
                seq_no: row.seq_no,
                last_start: row.last_start,
                sampled: None,
            };
            Some((OutletNumber::new(row.number)?, book))
        };
        Self {
            store,
            boot_id: boot_id.to_owned(),
            journal_id: found.journal_id,
            serials: Serials::default(),
            books: found.outlets.into_iter().filter_map(book).collect(),
            next_event_id: found.next_event_id,
            touched: BTreeSet::new(),
            ending: BTreeSet::new(),
            messages: Vec::new(),
            writing: None,
            space: Space::default(),
            chatter: Chatter::default(),
            tells_loss: false,
            owes: false,
            steps: 0,
            failures: 0,
            writes: Durations::default(),
            signal,
        }
    }

    pub(super) fn know_meters(&mut self, serials: Serials) {
        self.serials = serials;
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
            sampled: None,
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

    /// Writes down where a charge has begun to end: after a power cut it must not go on.
    pub(super) fn touch_ending(&mut self, panel: &Panel) {
        for (number, outlet) in panel.outlets() {
            let ends = outlet.charge().is_some() && outlet.breaker_wanted() == Wanted::Open;
            if !ends {
                self.ending.remove(&number);
            } else if self.ending.insert(number) {
                self.touch(number);
            }
        }
    }

    pub(super) fn touch_all(&mut self, panel: &Panel) {
        self.touched.extend(panel.outlets().map(|(number, _)| number));
    }

    /// Makes the messages of a round's reports.
    pub(super) fn note(&mut self, panel: &Panel, reports: Vec<(OutletNumber, Report)>, now: Now) {
        for (number, report) in &reports {
            log::happened(*number, report);
            let Some(outlet) = panel
                .outlet(*number)
                .filter(|_| self.may_tell(Some(*number), report, now))
            else {
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
        if let Some(report) = report.filter(|report| self.may_tell(None, report, now)) {
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
            let message = message.and_then(|message| self.ranked(number, status.position, message));
            self.touch(number);
            self.add(number, numbers, message);
        }
        if samples == Samples::Minute {
            self.tell_what_was_left_out(now);
        }
        if one.is_none()
            && let Some((reading, _)) = panel.main()
            && !self.space.is_full()
        {
            let meter = (&reading, self.serials.main.as_deref());
            let message = messages::main_sample(meter, occasion, now.wall);
            self.messages.extend(message);
        }
    }

    /// The first sample after a breaker has moved is never thinned. A full journal takes nothing but charges.
    fn ranked(&mut self, number: OutletNumber, position: Position, message: Message) -> Option<Message> {
        let book = self.books.entry(number).or_default();
        // One that is out of sight for a moment has not moved.
        let moved = position != Position::Unknown && book.sampled.replace(position) != Some(position);
        let rank = if moved { Rank::Report } else { message.rank };
        let is_of_charge = message.action == TransactionEventRequest::NAME;
        (is_of_charge || !self.space.is_full()).then_some(Message { rank, ..message })
    }

    /// What chatters must not fill the journal, nor the memory.
    fn may_tell(&mut self, source: Option<OutletNumber>, report: &Report, now: Now) -> bool {
        let has_room = !self.space.is_full() && self.messages.len() < MAX_UNWRITTEN;
        !is_chatter(report) || self.chatter.may_tell(source, now.tick, has_room)
    }

    fn tell_what_was_left_out(&mut self, now: Now) {
        if self.space.is_full() {
            return;
        }
        for (source, count) in self.chatter.left_out(now.tick) {
            let message = messages::of_left_out((source, count), self.next_event_id, now.wall);
            self.next_event_id += i64::from(message.is_some());
            self.messages.extend(message);
        }
    }

    /// A part of what was saved is lost: the server is told, once.
    pub(super) fn tell_loss(&mut self, now: Now) {
        self.tells_loss = true;
        self.tell(Trouble::StateLost, true, now);
    }

    /// Tells when the first report of a charge is set aside, and when none is any more.
    pub(super) fn note_debts(&mut self, now: Now) {
        let owes = self.signal.owes();
        if owes != self.owes {
            self.owes = owes;
            self.tell(Trouble::SetAside, owes, now);
        }
    }

    fn tell(&mut self, trouble: Trouble, begins: bool, now: Now) {
        self.note_changes([Change { trouble, begins }], now);
    }

    /// Whether the file with the state is broken: only a new start can help.
    pub(super) fn is_broken(&self) -> bool {
        self.signal.is_broken()
    }

    pub(super) fn steps_written(&self) -> u64 {
        self.steps
    }

    /// Whether a step is on its way to the disk, of which nobody knows yet whether it arrives.
    pub(super) fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Whether everything that has gathered is on disk.
    pub(super) fn is_written(&self) -> bool {
        self.writing.is_none() && self.touched.is_empty() && self.messages.is_empty()
    }

    /// Whether nothing new may begin, because there is no room to tell of it.
    pub(super) fn is_full(&self) -> bool {
        self.space.is_full()
    }

    pub(super) fn disk(&self) -> DiskPicture {
        DiskPicture {
            trouble: self.space.trouble(),
            failures: self.failures,
            writes: self.writes,
        }
    }

    /// Whether the disk has failed for so long that no charge can be accounted for any more.
    pub(super) fn is_lost(&self, now: Now) -> bool {
        self.space.is_lost(now.tick)
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
        &'a self,
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
            journal_id: self.journal_id,
            serial: self.serials.outlets.get(&outlet).map(String::as_str),
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
        | Report::PowerLost
        | Report::PowerResumed
        | Report::BreakerMoved { .. }
        | Report::CurrentRise { .. }
        | Report::MeterAnomaly(_)
        | Report::MeterRebased { .. }
        | Report::Fault(_)
        | Report::FaultCleared(_)
        | Report::Notice(_) => None,
    }
}

#[cfg(test)]
mod tests;

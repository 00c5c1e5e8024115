//! The control loop: see the panel, step its rules, write down what happened, switch what differs.
//!
//! One task owns the panel; its looks and writes go on beside it, so that it hears stops and deadlines at any time.
//! Opening a breaker waits for nothing; closing one waits for the disk.

mod command;
mod delay;
mod disk;
mod ledger;
mod log;
mod obey;
mod orders;
mod pace;
mod picture;
mod reset;
mod resume;
mod see;
mod switch;
mod timekeeper;
mod turns;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::ids::OutletNumber;
use domain::observation::Observation;
use domain::outlet::{Report, Status};
use domain::panel::Panel;
use domain::units::{Now, Tick, Timestamp};
use foundation::Clock;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::modbus::panel_io::PanelIo;
use crate::store::{Found, Store};

use command::Command;
pub(crate) use command::{Ask, Commands, Form, Refused, ResetWhen, Which};
pub(crate) use ledger::{Change, JournalSignal, Trouble};
use ledger::{Ledger, Samples};
use pace::Pace;
use picture::Painter;
pub(crate) use picture::{BOUNDS_MS, Doing, Durations, OutletPicture, Picture};
use reset::Reset;
pub(crate) use resume::homeless;
use see::{Kind, Looks, Seen};
use switch::{Writes, Written};
pub(crate) use timekeeper::Timekeeper;
pub(crate) use turns::Turns;

/// What the OCPP side may know of each outlet without asking, in their order.
pub(crate) type Statuses = Vec<(OutletNumber, Status)>;

/// More commands than this wait at the door.
const MAX_WAITING_COMMANDS: usize = 64;

/// The owner of the panel.
pub(crate) struct ControlLoop {
    panel: Panel,
    io: Arc<PanelIo>,
    looks: Looks,
    writes: Writes,
    /// What was seen right after writes and is not taken in yet.
    glimpses: Vec<(OutletNumber, Observation)>,
    ledger: Ledger,
    pace: Pace,
    clock: Clock,
    inbox: mpsc::Receiver<Command>,
    /// Commands that came while the disk was waited for.
    heard: VecDeque<Command>,
    /// Refusals that are told once it is on disk that nothing has begun.
    owed: Vec<Owed>,
    /// The outlets whose breakers could not be told where to be.
    untold: BTreeSet<OutletNumber>,
    reset: Option<Reset>,
    /// Firmware is being installed: nothing begins.
    holds_starts: bool,
    statuses: watch::Sender<Statuses>,
    painter: Painter,
    turns: Turns,
}

/// A refusal that waits for the disk.
struct Owed {
    /// How many steps were on disk when it was made.
    steps: u64,
    tell: Box<dyn FnOnce() + Send>,
}

/// What the loop does next.
enum Next {
    Stop,
    Rested,
    Expire,
    Written(Written),
    Obey(Command),
    /// What was seen, and when the look began.
    TakeIn(Seen, Instant),
}

/// The ends of the loop that others hold.
#[derive(Clone)]
pub(crate) struct Handles {
    pub(crate) commands: Commands,
    pub(crate) statuses: watch::Receiver<Statuses>,
    pub(crate) journal: JournalSignal,
    pub(crate) pictures: watch::Receiver<Picture>,
    pub(crate) turns: Turns,
}

impl ControlLoop {
    /// Takes up what the last run left behind; touches no wire yet.
    pub(crate) fn resume(io: PanelIo, (store, found): (Store, Found), clock: Clock) -> (Self, Handles) {
        let now = now_of(&clock);
        let panel = resume::panel(io.panel(), &found, clock.boot_id(), now);
        let journal = JournalSignal::default();
        let mut ledger = Ledger::new(store, found, clock.boot_id(), journal.clone());
        ledger.know_meters(resume::serials(io.panel()));
        // What was left under another boot is written down under this one before anything is closed.
        ledger.touch_all(&panel);
        let (sender, inbox) = mpsc::channel(MAX_WAITING_COMMANDS);
        let pace = Pace::new(io.panel(), now);
        let (statuses, seen) = watch::channel(statuses_of(&panel));
        let (painter, turns) = (Painter::new(&panel, now), Turns::default());
        let handles = Handles {
            commands: Commands::new(sender),
            statuses: seen,
            journal,
            pictures: painter.pictures(),
            turns: turns.clone(),
        };
        let control_loop = Self {
            panel,
            io: Arc::new(io),
            looks: Looks::default(),
            writes: Writes::default(),
            glimpses: Vec::new(),
            ledger,
            pace,
            clock,
            inbox,
            heard: VecDeque::new(),
            owed: Vec::new(),
            untold: BTreeSet::new(),
            reset: None,
            holds_starts: false,
            statuses,
            painter,
            turns,
        };
        (control_loop, handles)
    }

    /// From the start on nothing begins: firmware is being installed.
    pub(crate) fn hold_starts(&mut self) {
        self.holds_starts = true;
    }

    /// A part of what was saved is lost: the server is told.
    pub(crate) fn tell_loss(&mut self) {
        let now = self.now();
        self.ledger.tell_loss(now);
    }

    /// Runs until told to stop, or until the state must be opened anew. The breakers stay as they are.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let turns = self.turns.clone();
        while turns.alive(self.turn(&stop)).await {}
        self.looks.give_up().await;
        self.finish_writes().await;
        self.ledger.touch_all(&self.panel);
        self.write_down().await;
        if let Some(io) = Arc::into_inner(self.io) {
            io.close().await;
        }
    }

    /// One turn; whether another follows.
    async fn turn(&mut self, stop: &CancellationToken) -> bool {
        if self.ledger.is_broken() || self.resets_now() {
            return false;
        }
        match self.next(stop).await {
            Next::Stop => return false,
            Next::Rested => self.close_what_has_waited().await,
            Next::Expire => {
                self.expire();
                self.write_down().await;
            }
            Next::Written(written) => self.written(written),
            Next::Obey(command) => self.obey(command).await,
            Next::TakeIn(seen, begun) => self.take_in(seen, begun).await,
        }
        true
    }

    /// Waits for the end of a charge, for what a write or a look has come to, or for a command.
    async fn next(&mut self, stop: &CancellationToken) -> Next {
        if let Some((seen, begun)) = self.glimpsed() {
            return Next::TakeIn(seen, begun);
        }
        let now = self.now();
        while let Some(look) = self.pace.due(&self.panel, now) {
            self.pace.begins(&look, now);
            self.looks.begin(&self.io, look);
        }
        let expired = expiry(&self.clock, self.panel.next_deadline());
        let rested = self.clock.sleep(self.pace.wait(&self.panel, now));
        let (heard, inbox) = (&mut self.heard, &mut self.inbox);
        let command = async {
            match heard.pop_front() {
                Some(command) => Some(command),
                None => inbox.recv().await,
            }
        };
        // Looks have their rhythm: before commands they cannot keep any waiting.
        tokio::select! {
            biased;
            () = stop.cancelled() => Next::Stop,
            () = expired => Next::Expire,
            written = self.writes.next() => Next::Written(written),
            (seen, begun) = self.looks.next() => Next::TakeIn(seen, begun),
            Some(command) = command => Next::Obey(command),
            () = rested => Next::Rested,
        }
    }

    /// Steps the rules; opens what must be open, writes down what happened, then closes what may be closed.
    async fn take_in(&mut self, seen: Seen, begun: Instant) {
        let now = self.now();
        self.pace.looked(&seen, now);
        if self.painter.looked(&seen, now) {
            self.clock.agree(false);
        }
        self.know_meters(&seen);
        let reports = self.step(&seen, begun, now);
        self.open_breakers();
        if seen.all {
            self.release_outputs();
        }
        if self.panel.came_back() {
            let delay = delay::draw(&self.io.panel().rules);
            self.panel.hold_closings(delay, now);
        }
        if let Some(main) = seen.main {
            let report = self.panel.see_main(main, now);
            self.ledger.note_main(report, now);
        }
        if seen.samples == Samples::Minute {
            self.ledger.touch_all(&self.panel);
        }
        self.ledger.note(&self.panel, reports, now);
        self.ledger.touch_ending(&self.panel);
        self.ledger.sample(&self.panel, seen.samples, now);
        if self.write_down().await {
            self.close_breakers();
        }
        self.give_up_what_is_lost();
        if seen.kind == Some(Kind::Contacts) {
            self.painter.round_took(begun.elapsed(), self.io.stats());
        }
        self.publish();
    }

    /// Whose the registers are that were read.
    fn know_meters(&mut self, seen: &Seen) {
        if seen.registers().next().is_none() {
            return;
        }
        for number in seen.registers() {
            if let (Some(serial), Ok(outlet)) = (self.io.serial(number), self.panel.outlet_mut(number)) {
                outlet.know_meter(&serial);
            }
        }
        self.ledger.know_meters(see::serials(&self.io));
    }

    /// What is older than a write, or than a newer look, says nothing of the breaker any more.
    fn step(&mut self, seen: &Seen, begun: Instant, now: Now) -> Vec<(OutletNumber, Report)> {
        let (mut fresh, mut meters) = (Vec::new(), Vec::new());
        for (number, observation) in &seen.outlets {
            if !self.looks.is_newest(*number, begun) {
                meters.push((*number, observation.current, observation.reading));
                continue;
            }
            let before = self.panel.outlet(*number).map(|outlet| outlet.status().position);
            if before != Some(observation.position) {
                self.looks.moves(*number);
            }
            fresh.push((*number, *observation));
        }
        let mut reports = self.panel.step(&fresh, now);
        let currents = seen.currents.iter();
        meters.extend(currents.map(|(number, current)| (*number, Some(*current), None)));
        let alone = seen.meters.iter();
        meters.extend(alone.map(|(number, reading)| (*number, None, Some(*reading))));
        for (number, current, reading) in meters {
            // What was read before the breaker moved does not tell what has passed until then.
            if self.looks.has_rested_since(number, begun) {
                reports.extend(self.panel.see_meter(number, (current, reading), now));
            }
        }
        reports
    }

    /// Breakers that waited for their turn or for their delay.
    async fn close_what_has_waited(&mut self) {
        if self.write_down().await {
            self.close_breakers();
        }
    }

    fn now(&self) -> Now {
        now_of(&self.clock)
    }

    fn publish(&mut self) {
        let now = self.now();
        self.painter.paint(&self.panel, self.ledger.disk(), now.tick);
        let statuses = statuses_of(&self.panel);
        self.statuses.send_if_modified(|last| {
            let differs = *last != statuses;
            *last = statuses;
            differs
        });
    }
}

/// Ends at the deadline; never where there is none.
fn expiry(clock: &Clock, deadline: Option<Tick>) -> impl Future<Output = ()> + use<> {
    let clock = clock.clone();
    async move {
        match deadline {
            Some(deadline) => {
                let left = deadline.since(Tick(clock.tick_ms()));
                clock.sleep(Duration::from_millis(left.0)).await;
            }
            None => std::future::pending().await,
        }
    }
}

/// What a task has come to; nothing where it was called off.
fn value_of<T>(ended: Result<T, JoinError>) -> Option<T> {
    match ended {
        Ok(value) => Some(value),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => None,
    }
}

pub(crate) fn now_of(clock: &Clock) -> Now {
    Now {
        tick: Tick(clock.tick_ms()),
        wall: Timestamp(clock.now_us()),
    }
}

fn statuses_of(panel: &Panel) -> Statuses {
    panel
        .outlets()
        .map(|(number, outlet)| (number, outlet.status()))
        .collect()
}

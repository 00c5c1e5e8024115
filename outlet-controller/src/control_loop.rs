//! The control loop: see the panel, step its rules, write down what happened, switch what differs.
//!
//! One task owns the panel and its wires. Opening a breaker waits for nothing; closing one waits for the disk.

mod command;
mod delay;
mod disk;
mod ledger;
mod log;
mod obey;
mod orders;
mod pace;
mod picture;
mod resume;
mod see;
mod switch;
mod timekeeper;
mod turns;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use domain::ids::OutletNumber;
use domain::outlet::Status;
use domain::panel::Panel;
use domain::units::{Now, Tick, Timestamp};
use foundation::Clock;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::modbus::panel_io::PanelIo;
use crate::store::{Found, Store};

use command::Command;
pub(crate) use command::{Ask, Commands, Form, Refused, Which};
pub(crate) use ledger::{Change, JournalSignal, Trouble};
use ledger::{Ledger, Samples};
use pace::Pace;
use picture::Painter;
pub(crate) use picture::{BOUNDS_MS, Doing, Durations, OutletPicture, Picture};
pub(crate) use resume::homeless;
use see::{Seen, see};
pub(crate) use timekeeper::Timekeeper;
pub(crate) use turns::Turns;

/// What the OCPP side may know of each outlet without asking, in their order.
pub(crate) type Statuses = Vec<(OutletNumber, Status)>;

/// More commands than this wait at the door.
const MAX_WAITING_COMMANDS: usize = 64;

/// The owner of the panel.
pub(crate) struct ControlLoop {
    panel: Panel,
    io: PanelIo,
    ledger: Ledger,
    pace: Pace,
    clock: Clock,
    inbox: mpsc::Receiver<Command>,
    /// Commands that came while the disk was waited for.
    heard: VecDeque<Command>,
    /// The outlets whose breakers could not be told where to be.
    untold: BTreeSet<OutletNumber>,
    statuses: watch::Sender<Statuses>,
    painter: Painter,
    turns: Turns,
}

/// What the loop does next.
enum Next {
    Stop,
    Rested,
    Expire,
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
            io,
            ledger,
            pace,
            clock,
            inbox,
            heard: VecDeque::new(),
            untold: BTreeSet::new(),
            statuses,
            painter,
            turns,
        };
        (control_loop, handles)
    }

    /// Runs until told to stop. The breakers stay as they are.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let turns = self.turns.clone();
        while turns.alive(self.turn(&stop)).await {}
        self.ledger.touch_all(&self.panel);
        self.write_down().await;
        self.io.close().await;
    }

    /// One turn; whether another follows.
    async fn turn(&mut self, stop: &CancellationToken) -> bool {
        match self.next(stop).await {
            Next::Stop => return false,
            Next::Rested => self.close_what_has_waited().await,
            Next::Expire => {
                self.expire().await;
                self.write_down().await;
            }
            Next::Obey(command) => self.obey(command).await,
            Next::TakeIn(seen, begun) => self.take_in(seen, begun).await,
        }
        true
    }

    /// Waits for the end of a charge, for a command, or for what a look that is due has seen.
    async fn next(&mut self, stop: &CancellationToken) -> Next {
        let now = self.now();
        let look = self.pace.due(&self.panel, now);
        // A command cuts a look short, but no number of them can keep it from being taken.
        let hears = !self.pace.is_overdue(now.tick);
        if hears && let Some(command) = self.heard.pop_front() {
            return Next::Obey(command);
        }
        let expired = expiry(&self.clock, self.panel.next_deadline());
        let (io, panel, clock, pace) = (&self.io, &self.panel, &self.clock, &self.pace);
        let seeing = async {
            match look {
                Some(look) => {
                    let begun = Instant::now();
                    Next::TakeIn(see(io, panel, look).await, begun)
                }
                None => {
                    clock.sleep(pace.wait(panel, now)).await;
                    Next::Rested
                }
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Next::Stop,
            () = expired => Next::Expire,
            Some(command) = self.inbox.recv(), if hears => Next::Obey(command),
            next = seeing => next,
        }
    }

    /// Steps the rules; opens what must be open, writes down what happened, then closes what may be closed.
    async fn take_in(&mut self, seen: Seen, begun: Instant) {
        let now = self.now();
        self.pace.looked(&seen, now);
        if self.painter.looked(&seen, now) {
            self.clock.agree(false);
        }
        let reports = self.panel.step(&seen.outlets, now);
        self.open_breakers().await;
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
            self.close_breakers().await;
        }
        self.give_up_what_is_lost().await;
        if seen.all {
            self.painter.round_took(begun.elapsed(), self.io.stats());
        }
        self.publish();
    }

    /// Breakers that waited for their turn or for their delay.
    async fn close_what_has_waited(&mut self) {
        if self.write_down().await {
            self.close_breakers().await;
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

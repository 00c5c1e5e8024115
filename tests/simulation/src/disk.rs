//! The controller's disk: writes take time, fail, hang; a power cut takes what was not synced.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use outlet_controller::store::{
    Answered, Depth, Disk, Entry, FIRST_SAMPLE, Found, OutletRow, Rank, Step, Store, StoreError, TimeNote,
    Usage,
};

use crate::history::{Fact, History};
use crate::rng::Rng;
use crate::{Ms, Shared};

/// How the disk is just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Good,
    Slow,
    /// Nothing is answered until it is over.
    Hangs,
    Full,
    /// There is no room in the journal for anything new.
    Crowded,
    /// Neither written nor read.
    Broken,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Slow => "slow",
            Self::Hangs => "hangs",
            Self::Full => "full",
            Self::Crowded => "crowded",
            Self::Broken => "broken",
        }
    }
}

/// Whether what was answered is on the disk for good, as `synchronous = FULL` has it, or not yet, as `NORMAL` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    Full,
    Normal,
}

#[derive(Clone, Debug)]
enum Change {
    Step(Step),
    Delivered(Answered),
    Refused(i64, bool),
    Time(TimeNote),
}

#[derive(Clone, Debug, Default)]
struct Content {
    outlets: BTreeMap<u8, OutletRow>,
    next_event_id: i64,
    journal: BTreeMap<i64, Entry>,
    reports: i64,
    samples: i64,
    set_aside: i64,
    time: Option<TimeNote>,
}

#[derive(Debug)]
struct Inside {
    history: History,
    rng: Rng,
    sync: Sync,
    mode: Mode,
    content: Content,
    /// What a power cut leaves.
    synced: Content,
    unsynced: usize,
    /// Changes on their way, in order.
    coming: BTreeMap<u64, Change>,
    serial: u64,
    busy_until: Ms,
    life: u64,
}

#[derive(Clone, Debug)]
pub struct Platter(Shared<Inside>);

impl Platter {
    pub fn new(history: History, rng: Rng, sync: Sync) -> Self {
        let empty = Content {
            next_event_id: 1,
            ..Content::default()
        };
        Self(Shared::new(Inside {
            history,
            rng,
            sync,
            mode: Mode::Good,
            content: empty.clone(),
            synced: empty,
            unsynced: 0,
            coming: BTreeMap::new(),
            serial: 0,
            busy_until: 0,
            life: 0,
        }))
    }

    /// For the controller's present life.
    pub fn store(&self) -> Store {
        let life = self.0.lock().life;
        Store::on(Arc::new(Mounted {
            platter: self.clone(),
            life,
        }))
    }

    /// How many messages the server has not answered.
    pub fn left(&self) -> usize {
        self.0.lock().content.journal.len()
    }

    pub fn set(&self, mode: Mode) {
        let mut inside = self.0.lock();
        if inside.mode != mode {
            let changed = if mode == Mode::Good { inside.mode } else { mode };
            inside.history.note(Fact::Disk {
                mode: changed.name(),
                on: mode != Mode::Good,
            });
            inside.mode = mode;
        }
    }

    /// The controller is gone; of what was on its way some is written.
    pub fn unmount(&self) {
        let mut inside = self.0.lock();
        inside.life += 1;
        inside.busy_until = 0;
        let coming = std::mem::take(&mut inside.coming);
        let written = inside.rng.range(0, coming.len() as u64);
        for (_, change) in coming.into_iter().take(usize::try_from(written).unwrap()) {
            inside.apply(change);
        }
    }

    /// The power fails.
    pub fn cut_power(&self) {
        self.unmount();
        let mut inside = self.0.lock();
        if inside.sync == Sync::Normal {
            let lost = std::mem::take(&mut inside.unsynced);
            inside.content = inside.synced.clone();
            inside.history.note(Fact::DiskLost(lost));
        }
    }
}

impl Inside {
    fn apply(&mut self, change: Change) {
        self.content.apply(change);
        self.unsynced += 1;
        // SQLite syncs at a checkpoint only.
        if self.sync == Sync::Normal && self.rng.percent(4) {
            self.synced = self.content.clone();
            self.unsynced = 0;
        }
    }

    fn takes(&mut self) -> Ms {
        match self.mode {
            Mode::Slow => self.rng.range(300, 6_000),
            Mode::Good | Mode::Hangs | Mode::Full | Mode::Crowded | Mode::Broken => self.rng.range(1, 12),
        }
    }
}

impl Content {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Step(step) => {
                for row in step.outlets {
                    self.outlets.insert(row.number, row);
                }
                if !step.messages.is_empty() {
                    self.next_event_id = step.next_event_id;
                }
                for message in step.messages {
                    let id = match message.rank {
                        Rank::Report => {
                            self.reports += 1;
                            self.reports
                        }
                        Rank::Sample => {
                            self.samples += 1;
                            FIRST_SAMPLE + self.samples
                        }
                    };
                    let (action, payload) = (message.action.to_owned(), message.payload);
                    self.journal.insert(
                        id,
                        Entry {
                            id,
                            action,
                            payload,
                            refusals: 0,
                        },
                    );
                }
            }
            Change::Time(note) => self.time = Some(note),
            Change::Delivered(answered) => {
                self.journal.retain(|id, _| !is_answered(*id, answered));
            }
            Change::Refused(id, set_aside) => {
                if set_aside {
                    self.journal.remove(&id);
                    self.set_aside += 1;
                } else if let Some(entry) = self.journal.get_mut(&id) {
                    entry.refusals += 1;
                }
            }
        }
    }
}

fn is_answered(id: i64, answered: Answered) -> bool {
    match Rank::of(id) {
        Rank::Report => id <= answered.report,
        Rank::Sample => id <= answered.sample,
    }
}

/// The disk as one life of the controller has it.
#[derive(Clone, Debug)]
struct Mounted {
    platter: Platter,
    life: u64,
}

fn gone() -> StoreError {
    io::Error::from(io::ErrorKind::NotConnected).into()
}

impl Mounted {
    async fn change(&self, change: Change) -> Result<(), StoreError> {
        let mounted = self.clone();
        // Whoever asked may go: what was begun is ended.
        let task = tokio::spawn(async move { mounted.write(change).await });
        task.await.unwrap_or_else(|_| Err(gone()))
    }

    async fn write(&self, change: Change) -> Result<(), StoreError> {
        let (serial, until) = {
            let mut inside = self.platter.0.lock();
            if inside.life != self.life {
                return Err(gone());
            }
            inside.serial += 1;
            let (serial, now) = (inside.serial, inside.history.time().now());
            inside.coming.insert(serial, change);
            inside.busy_until = now.max(inside.busy_until) + inside.takes();
            (serial, inside.history.time().at(inside.busy_until))
        };
        tokio::time::sleep_until(until).await;
        self.while_it_hangs().await?;
        let mut inside = self.platter.0.lock();
        let Some(change) = inside.coming.remove(&serial).filter(|_| inside.life == self.life) else {
            return Err(gone());
        };
        match inside.mode {
            Mode::Full => Err(io::Error::from(io::ErrorKind::StorageFull).into()),
            Mode::Broken => Err(io::Error::other("input/output error").into()),
            Mode::Good | Mode::Slow | Mode::Hangs | Mode::Crowded => {
                inside.apply(change);
                Ok(())
            }
        }
    }

    async fn while_it_hangs(&self) -> Result<(), StoreError> {
        loop {
            let (life, mode) = {
                let inside = self.platter.0.lock();
                (inside.life, inside.mode)
            };
            if life != self.life {
                return Err(gone());
            }
            if mode != Mode::Hangs {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
    }

    async fn read<T>(&self, look: impl FnOnce(&Content) -> T) -> Result<T, StoreError> {
        self.while_it_hangs().await?;
        let inside = self.platter.0.lock();
        if inside.mode == Mode::Broken {
            return Err(io::Error::other("input/output error").into());
        }
        Ok(look(&inside.content))
    }
}

#[async_trait]
impl Disk for Mounted {
    async fn load(&self) -> Result<Found, StoreError> {
        let found = |content: &Content| Found {
            outlets: content.outlets.values().cloned().collect(),
            next_event_id: content.next_event_id,
            journal_id: 1,
            time: content.time.clone(),
        };
        self.read(found).await
    }

    async fn write(&self, step: Step) -> Result<Usage, StoreError> {
        self.change(Change::Step(step)).await?;
        let crowded = self.platter.0.lock().mode == Mode::Crowded;
        Ok(Usage {
            bytes: if crowded { u64::MAX } else { 0 },
            thinnable: false,
        })
    }

    async fn oldest(&self, answered: Answered) -> Result<Option<Entry>, StoreError> {
        let oldest = |content: &Content| {
            let mut entries = content.journal.values();
            entries.find(|entry| !is_answered(entry.id, answered)).cloned()
        };
        self.read(oldest).await
    }

    async fn delivered(&self, answered: Answered) -> Result<(), StoreError> {
        self.change(Change::Delivered(answered)).await
    }

    async fn refused(&self, id: i64, _why: String, set_aside: bool) -> Result<(), StoreError> {
        self.change(Change::Refused(id, set_aside)).await
    }

    async fn depth(&self) -> Result<Depth, StoreError> {
        let depth = |content: &Content| {
            let total = content.journal.len() as i64;
            let reports = content.journal.range(..FIRST_SAMPLE).count() as i64;
            Depth {
                reports,
                samples: total - reports,
                set_aside: content.set_aside,
                oldest_us: None,
            }
        };
        self.read(depth).await
    }

    async fn note_time(&self, note: TimeNote) -> Result<(), StoreError> {
        self.change(Change::Time(note)).await
    }
}

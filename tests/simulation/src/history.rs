//! What happened: the checker's evidence, and the story that a person reads.

mod words;

use crate::{Ms, Shared, Time};

/// Why a breaker's main contact moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Ordered,
    /// The output still said so when what held the breaker back was over.
    OldOrder,
    Trip,
    Hand,
    PowerLoss,
}

/// What the plant did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plant {
    /// The device has carried out a write or a pulse.
    Ordered {
        on: bool,
    },
    Contact {
        closed: bool,
        why: Why,
    },
    /// The main contact carries current or could; differs from the contact where it is welded.
    Conducts(bool),
    Tripped(bool),
    Stuck(bool),
    Welded(bool),
    Leaking(bool),
    /// The mechanism needs so much longer than its maker says.
    Slow(Ms),
    /// The position contact says this, whatever is true.
    PositionSays(Option<bool>),
    /// One single read shows what is not so.
    Blinked(&'static str),
    Car {
        ma: u64,
    },
    Meter(&'static str),
    MeterWell,
}

/// What is asked of a charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub duration_ms: Option<Ms>,
    /// An end by the wall clock, so long after the request.
    pub until_ms: Option<Ms>,
    pub energy_wh: Option<i64>,
    pub ends_when_idle: bool,
}

impl Wish {
    /// When it must end at the latest, counted from the request.
    pub fn lasts(self) -> Ms {
        self.duration_ms
            .into_iter()
            .chain(self.until_ms)
            .min()
            .unwrap_or(86_400_000)
    }
}

/// What became of a request to start or to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Accepted(String),
    Rejected(String),
    Error(String),
}

/// A TransactionEvent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub outlet: u8,
    pub transaction: String,
    pub seq: i64,
    pub kind: String,
    pub trigger: String,
    pub reason: Option<String>,
    pub remote_start: Option<i64>,
    pub register: Option<i64>,
    pub text: String,
}

/// A call of the controller that reached the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Transaction(Told),
    Event {
        id: i64,
        outlet: u8,
        component: String,
        variable: String,
        value: String,
        info: String,
    },
    /// A sample outside a charge.
    Sample {
        outlet: u8,
        register: Option<i64>,
    },
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Plant(u8, Plant),
    Mains(bool),
    /// A kind of trouble on the bus begins or ends; `None`: with every unit.
    Bus {
        unit: Option<u8>,
        trouble: &'static str,
        on: bool,
    },
    Frame {
        unit: u8,
        what: String,
    },
    ControllerRuns,
    ControllerFails(String),
    Killed,
    PowerCut,
    WallSteps(i64),
    Boots {
        wall: &'static str,
    },
    Disk {
        mode: &'static str,
        on: bool,
    },
    DiskLost(usize),
    Link {
        mode: &'static str,
        on: bool,
    },
    Connected,
    Disconnected,
    StartAsked {
        outlet: u8,
        id: i64,
        wish: Wish,
    },
    /// The same request once more.
    StartRepeated {
        id: i64,
    },
    StartAnswered {
        id: i64,
        answer: Answer,
    },
    StopAsked {
        transaction: String,
    },
    StopAnswered {
        transaction: String,
        answer: Answer,
    },
    ClearAsked {
        outlet: u8,
    },
    ClearAnswered {
        outlet: u8,
        answer: String,
    },
    /// A breaker is told something before anybody has asked where it is.
    ToldUnread {
        outlet: u8,
        on: bool,
    },
    /// `acknowledged`: the server's answer has left.
    Heard {
        heard: Heard,
        acknowledged: bool,
    },
    Settling,
    Logged(String),
    Panicked(String),
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub at: Ms,
    pub fact: Fact,
}

/// Everything that has happened, in the order in which it was noted.
#[derive(Clone, Debug)]
pub struct History {
    time: Time,
    entries: Shared<Vec<Entry>>,
    /// Whether frames and log lines are noted too.
    pub detailed: bool,
}

impl History {
    pub fn new(time: Time, detailed: bool) -> Self {
        Self {
            time,
            entries: Shared::new(Vec::new()),
            detailed,
        }
    }

    pub fn time(&self) -> Time {
        self.time
    }

    pub fn note(&self, fact: Fact) {
        self.note_at(self.time.now(), fact);
    }

    pub fn note_at(&self, at: Ms, fact: Fact) {
        self.entries.lock().push(Entry { at, fact });
    }

    /// For what only a reader of the story needs.
    pub fn detail(&self, fact: impl FnOnce() -> Fact) {
        if self.detailed {
            self.note(fact());
        }
    }

    /// In the order of time.
    pub fn sorted(&self) -> Vec<Entry> {
        let mut entries = self.entries.lock().clone();
        entries.sort_by_key(|entry| entry.at);
        entries
    }
}

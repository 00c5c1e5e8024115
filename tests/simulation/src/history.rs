//! What happened: the checker's evidence, and the story that a person reads.

use std::fmt;

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
    Car {
        ma: u64,
    },
    Meter(&'static str),
    MeterWell,
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
        duration_ms: u64,
        energy_wh: Option<i64>,
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
        answer: String,
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

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (s, ms) = (self.at / 1000, self.at % 1000);
        write!(f, "{:>4}:{:02}.{ms:03}  {}", s / 60, s % 60, self.fact)
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plant(outlet, plant) => write!(f, "plant       outlet {outlet}: {plant}"),
            Self::Mains(true) => f.write_str("plant       the mains return"),
            Self::Mains(false) => f.write_str("plant       the mains fail"),
            Self::Bus { unit, trouble, on } => {
                let unit = unit.map_or("all units".to_owned(), |unit| format!("unit {unit}"));
                write!(f, "bus         {trouble} ({unit}) {}", begins(*on))
            }
            Self::Frame { unit, what } => write!(f, "bus         unit {unit}: {what}"),
            Self::ControllerRuns => f.write_str("controller  runs"),
            Self::ControllerFails(why) => write!(f, "controller  does not start: {why}"),
            Self::Killed => f.write_str("controller  is killed"),
            Self::PowerCut => f.write_str("controller  loses its power"),
            Self::WallSteps(ms) => write!(f, "clock       the wall clock steps by {} s", ms / 1000),
            Self::Boots { wall } => write!(f, "clock       boots; the wall clock {wall}"),
            Self::Disk { mode, on } => write!(f, "disk        {mode} {}", begins(*on)),
            Self::DiskLost(steps) => write!(f, "disk        {steps} writes were not synced and are lost"),
            Self::Link { mode, on } => write!(f, "link        {mode} {}", begins(*on)),
            Self::Connected => f.write_str("link        connected"),
            Self::Disconnected => f.write_str("link        the connection is gone"),
            Self::Settling => f.write_str("--          all troubles end; what is open is stopped"),
            Self::Logged(line) => write!(f, "log         {line}"),
            Self::Panicked(message) => write!(f, "controller  PANICS: {message}"),
            Self::StartAsked { .. }
            | Self::StartAnswered { .. }
            | Self::StopAsked { .. }
            | Self::StopAnswered { .. }
            | Self::ClearAsked { .. }
            | Self::Heard { .. } => self.fmt_server(f),
        }
    }
}

fn begins(on: bool) -> &'static str {
    if on { "begins" } else { "ends" }
}

impl Fact {
    fn fmt_server(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("server      ")?;
        match self {
            Self::StartAsked {
                outlet,
                id,
                duration_ms,
                energy_wh,
            } => {
                let energy = energy_wh.map_or(String::new(), |wh| format!(", {wh} Wh"));
                write!(
                    f,
                    "asks for start {id}: outlet {outlet}, {} s{energy}",
                    *duration_ms as f64 / 1000.0
                )
            }
            Self::StartAnswered { id, answer } => write!(f, "hears of start {id}: {answer}"),
            Self::StopAsked { transaction } => write!(f, "asks to stop {transaction}"),
            Self::StopAnswered { transaction, answer } => {
                write!(f, "hears of the stop of {transaction}: {answer}")
            }
            Self::ClearAsked { outlet, answer } => write!(f, "clears outlet {outlet}'s fault: {answer}"),
            Self::Heard { heard, acknowledged } => {
                let unanswered = if *acknowledged { "" } else { " (never answered)" };
                write!(f, "is told {heard}{unanswered}")
            }
            other => write!(f, "{other:?}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(transaction) => write!(f, "accepted {transaction}"),
            Self::Rejected(why) => write!(f, "rejected, {why}"),
            Self::Error(why) => write!(f, "error, {why}"),
        }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transaction(told) => {
                write!(
                    f,
                    "{} {} of {} (outlet {}, {}",
                    told.kind, told.seq, told.transaction, told.outlet, told.trigger
                )?;
                if let Some(reason) = &told.reason {
                    write!(f, ", {reason}")?;
                }
                if let Some(register) = told.register {
                    write!(f, ", {register} Wh")?;
                }
                f.write_str(")")
            }
            Self::Event {
                id: _,
                outlet,
                component,
                variable,
                value,
                info,
            } => {
                write!(f, "{component}.{variable} = {value} {info} (outlet {outlet})")
            }
            Self::Other(action) => f.write_str(action),
        }
    }
}

impl fmt::Display for Plant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordered { on: true } => f.write_str("told ON"),
            Self::Ordered { on: false } => f.write_str("told OFF"),
            Self::Contact { closed: true, why } => write!(f, "the breaker closes ({why:?})"),
            Self::Contact { closed: false, why } => write!(f, "the breaker opens ({why:?})"),
            Self::Conducts(true) => f.write_str("conducts"),
            Self::Conducts(false) => f.write_str("conducts no more"),
            Self::Tripped(true) => f.write_str("trips"),
            Self::Tripped(false) => f.write_str("a person resets the trip"),
            Self::Stuck(true) => f.write_str("the mechanism sticks"),
            Self::Stuck(false) => f.write_str("the mechanism is free again"),
            Self::Welded(true) => f.write_str("the contact welds"),
            Self::Welded(false) => f.write_str("the weld is mended"),
            Self::Car { ma } => write!(f, "the car draws {ma} mA"),
            Self::Meter(fault) => write!(f, "the meter is wrong: {fault}"),
            Self::MeterWell => f.write_str("the meter is right again"),
        }
    }
}

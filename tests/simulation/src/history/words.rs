//! The story as a person reads it.

use std::fmt;

use super::{Answer, Entry, Fact, Heard, Plant, Wish};

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
            Self::ToldUnread { outlet, on } => {
                let told = if *on { "ON" } else { "OFF" };
                write!(
                    f,
                    "bus         outlet {outlet} is told {told}, and nobody has asked where it is"
                )
            }
            Self::Settling => f.write_str("--          all troubles end; what is open is stopped"),
            Self::Logged(line) => write!(f, "log         {line}"),
            Self::Panicked(message) => write!(f, "controller  PANICS: {message}"),
            Self::StartAsked { .. }
            | Self::StartAnswered { .. }
            | Self::StopAsked { .. }
            | Self::StopAnswered { .. }
            | Self::StartRepeated { .. }
            | Self::ClearAsked { .. }
            | Self::ClearAnswered { .. }
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
            Self::StartAsked { outlet, id, wish } => {
                write!(f, "asks for start {id}: outlet {outlet}, {wish}")
            }
            Self::StartRepeated { id } => write!(f, "asks for start {id} once more"),
            Self::StartAnswered { id, answer } => write!(f, "hears of start {id}: {answer}"),
            Self::StopAsked { transaction } => write!(f, "asks to stop {transaction}"),
            Self::StopAnswered { transaction, answer } => {
                write!(f, "hears of the stop of {transaction}: {answer}")
            }
            Self::ClearAsked { outlet } => write!(f, "clears outlet {outlet}'s fault"),
            Self::ClearAnswered { outlet, answer } => {
                write!(f, "hears of clearing outlet {outlet}'s fault: {answer}")
            }
            Self::Heard { heard, acknowledged } => {
                let unanswered = if *acknowledged { "" } else { " (never answered)" };
                write!(f, "is told {heard}{unanswered}")
            }
            other => write!(f, "{other:?}"),
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ms) = self.duration_ms {
            write!(f, "{} s", ms as f64 / 1000.0)?;
        }
        if let Some(ms) = self.until_ms {
            write!(f, ", until {} s from now", ms as f64 / 1000.0)?;
        }
        if let Some(wh) = self.energy_wh {
            write!(f, ", {wh} Wh")?;
        }
        f.write_str(if self.ends_when_idle {
            ", ends when idle"
        } else {
            ""
        })
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
            Self::Sample { outlet, register } => write!(f, "a sample of outlet {outlet}: {register:?} Wh"),
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
            Self::Leaking(true) => f.write_str("leaks"),
            Self::Leaking(false) => f.write_str("leaks no more"),
            Self::Slow(0) => f.write_str("the mechanism is as fast as ever"),
            Self::Slow(ms) => write!(f, "the mechanism needs {ms} ms more"),
            Self::PositionSays(None) => f.write_str("the position contact is right again"),
            Self::PositionSays(Some(true)) => f.write_str("the position contact says closed"),
            Self::PositionSays(Some(false)) => f.write_str("the position contact says open"),
            Self::Blinked(what) => write!(f, "one read shows {what}"),
            Self::Car { ma } => write!(f, "the car draws {ma} mA"),
            Self::Meter(fault) => write!(f, "the meter is wrong: {fault}"),
            Self::MeterWell => f.write_str("the meter is right again"),
        }
    }
}

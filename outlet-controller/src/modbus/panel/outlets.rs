//! The outlets of a panel file: what all have in common, and what single ones have of their own.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use domain::ids::{MAX_OUTLETS, OutletNumber};

use super::file::{CommandFile, InputFile, OutletFile, Outlets, TrippedFile};
use super::limits::within;
use super::meters::{Use, meter};
use super::wiring::Wiring;
use super::{Breaker, Command, Input, Meter, Outlet, Walked};
use crate::modbus::{Fault, listed};

const RATED_A: RangeInclusive<u32> = 1..=125;
/// The highest voltage that a meter is believed to see, for what a circuit can carry.
pub(crate) const HIGHEST_VOLTAGE_V: i64 = 250;
/// More than the rating by this much for ten seconds is an over-current.
const SEEN_ABOVE_RATING_PERCENT: i64 = 110;
const DEFAULT_BREAKER: &str = "default";

/// What the outlets are built from.
pub(super) struct Parts<'a> {
    pub(super) common: &'a Outlets,
    pub(super) own: &'a BTreeMap<String, OutletFile>,
    pub(super) breakers: &'a BTreeMap<String, Breaker>,
    pub(super) wiring: &'a Wiring,
}

pub(super) fn outlets(parts: &Parts) -> Result<Vec<Outlet>, Fault> {
    let count = parts.common.count;
    within("outlets.count", count, &(1..=MAX_OUTLETS))?;
    for name in parts.own.keys() {
        if !OutletNumber::first(count).any(|number| number.to_string() == *name) {
            let problem = format!("found \"{name}\", allowed: 1 to {count}, as outlets.count says");
            return Err(Fault::new(format!("outlet.{name}"), problem));
        }
    }
    OutletNumber::first(count)
        .map(|number| outlet(parts, number))
        .collect()
}

/// The value of a key, and the table in which it stands.
struct Found<'a, T> {
    table: String,
    value: &'a T,
}

impl<T> Found<'_, T> {
    fn then<R>(&self, read: impl FnOnce(&T) -> Result<R, Fault>) -> Result<R, Fault> {
        read(self.value).map_err(|fault| fault.under(&self.table))
    }
}

/// The outlet's own value, or the common one.
fn find<'a, T>(number: OutletNumber, own: Option<&'a T>, common: Option<&'a T>) -> Option<Found<'a, T>> {
    let own = own.map(|value| Found {
        table: format!("outlet.{number}"),
        value,
    });
    own.or_else(|| {
        common.map(|value| Found {
            table: "outlets".into(),
            value,
        })
    })
}

fn missing(key: &str, allowed: &str) -> Fault {
    Fault::new(format!("outlets.{key}"), format!("missing, allowed: {allowed}"))
}

fn outlet(parts: &Parts, number: OutletNumber) -> Result<Outlet, Fault> {
    let nothing = OutletFile::default();
    let own = parts.own.get(&number.to_string()).unwrap_or(&nothing);
    let (common, wiring) = (parts.common, parts.wiring);
    let command = find(number, own.command.as_ref(), common.command.as_ref())
        .ok_or_else(|| missing("command", "how the breaker is told to move"))?
        .then(|file| command(file, wiring, number))?;
    let position = find(number, own.position.as_ref(), common.position.as_ref())
        .ok_or_else(|| missing("position", "the source of the breaker's own position contact"))?;
    let position = position.then(|file| input("position", file, wiring, number))?;
    let tripped = find(number, own.tripped.as_ref(), common.tripped.as_ref())
        .ok_or_else(|| {
            missing(
                "tripped",
                "a source, or \"none\" where a breaker has no trip contact",
            )
        })?
        .then(|file| match file {
            TrippedFile::Absent => Ok(None),
            TrippedFile::Contact(file) => input("tripped", file, wiring, number).map(Some),
        })?;
    let leakage = find(number, own.leakage.as_ref(), common.leakage.as_ref())
        .map(|found| found.then(|file| input("leakage", file, wiring, number)))
        .transpose()?;
    let rated_a = find(number, own.rated_a.as_ref(), common.rated_a.as_ref())
        .ok_or_else(|| missing("rated_a", "the rating of the outlet's circuit in ampere"))?
        .then(|rated_a| within("rated_a", *rated_a, &RATED_A).map(|()| *rated_a))?;
    let meter = find(number, own.meter.as_ref(), common.meter.as_ref())
        .ok_or_else(|| missing("meter", "the unit or circuit that meters the outlet"))?
        .then(|file| {
            let meter = meter(file, wiring, Use::Outlet(number.get()))?;
            carries(&meter, rated_a).map(|()| meter)
        })?;
    Ok(Outlet {
        number,
        rated_a,
        breaker_id: own.breaker_id.clone(),
        breaker: breaker(parts, find(number, own.breaker.as_ref(), common.breaker.as_ref()))?,
        command,
        position,
        tripped,
        leakage,
        meter,
        wiring: String::new(),
        walked: Walked::Never,
    })
}

/// What the circuit can carry must not look impossible to its meter: it would never be billed, nor an over-current seen.
fn carries(meter: &Meter, rated_a: u32) -> Result<(), Fault> {
    let carried_ma = i64::from(rated_a) * 1_000 * SEEN_ABOVE_RATING_PERCENT / 100;
    let highest_ma = meter.current.as_ref().map(|point| point.format.highest());
    if let Some(highest_ma) = highest_ma.filter(|highest_ma| *highest_ma < carried_ma) {
        let (highest_a, carried_a) = (highest_ma / 1_000, carried_ma / 1_000);
        let problem = format!(
            "found a range of current up to {highest_a} A, allowed for rated_a = {rated_a}: {carried_a} A and more"
        );
        return Err(Fault::new("meter", problem));
    }
    let carried_w = i64::from(rated_a) * HIGHEST_VOLTAGE_V;
    match meter.max_power_w {
        Some(watts) if watts < carried_w => Err(Fault::new(
            "meter",
            format!("found max_power_w = {watts}, allowed for rated_a = {rated_a}: {carried_w} and more"),
        )),
        Some(_) | None => Ok(()),
    }
}

fn breaker(parts: &Parts, found: Option<Found<String>>) -> Result<Breaker, Fault> {
    let default = DEFAULT_BREAKER.to_owned();
    if found.is_none() && !parts.breakers.contains_key(&default) {
        let known = listed(parts.breakers.keys());
        let problem = format!("missing; it is for all outlets whose breaker is not one of: {known}");
        return Err(Fault::new(format!("breaker.{default}"), problem));
    }
    let found = found.unwrap_or(Found {
        table: "outlets".into(),
        value: &default,
    });
    found.then(|name| {
        parts.breakers.get(name).copied().ok_or_else(|| {
            let allowed = listed(parts.breakers.keys());
            Fault::new("breaker", format!("found \"{name}\", allowed: {allowed}"))
        })
    })
}

fn input(key: &str, file: &InputFile, wiring: &Wiring, number: OutletNumber) -> Result<Input, Fault> {
    wiring
        .element(&file.input, number.get())
        .and_then(|element| element.input(file.on.0))
        .map_err(|problem| Fault::new(format!("{key}.in"), problem))
}

fn command(file: &CommandFile, wiring: &Wiring, number: OutletNumber) -> Result<Command, Fault> {
    let element = |key: &str, reference: &String| {
        wiring
            .element(reference, number.get())
            .map_err(|problem| Fault::new(format!("command.{key}"), problem))
    };
    let at = |key: &'static str| move |problem| Fault::new(format!("command.{key}"), problem);
    Ok(match file {
        CommandFile::Maintained { out } => {
            let (close, open) = element("out", out)?.maintained().map_err(at("out"))?;
            Command::Maintained { close, open }
        }
        CommandFile::Pulse { close, open } => Command::Pulse {
            close: element("close", close)?.pulse().map_err(at("close"))?,
            open: element("open", open)?.pulse().map_err(at("open"))?,
        },
        CommandFile::OrderBits { close, open } => {
            let (close, open) = (element("close", close)?, element("open", open)?);
            if close.is_beside(&open) {
                let problem = "found orders to two channels of one bank, allowed: to one and the same";
                return Err(Fault::new("command.open", problem));
            }
            Command::OrderBits {
                close: close.order().map_err(at("close"))?,
                open: open.order().map_err(at("open"))?,
            }
        }
    })
}

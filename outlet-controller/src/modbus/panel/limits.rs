//! Which numbers a panel file may have.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use domain::ids::MAX_OUTLETS;

use super::{Breaker, BusLine, Commissioned, Poll, Rules, Supply, Transport};
use crate::modbus::Fault;

/// A charge that reaches its energy is seen in time only by looks that are close together.
const FAST_MS: RangeInclusive<u64> = 20..=2_000;
const BAUD: RangeInclusive<u32> = 1_200..=1_000_000;
const CONNECT_TIMEOUT_MS: RangeInclusive<u64> = 10..=10_000;
const PAUSE_AFTER_CONNECT_MS: RangeInclusive<u64> = 0..=10_000;

pub(super) fn within<T: PartialOrd + std::fmt::Display>(
    key: impl Into<String>,
    found: T,
    allowed: &RangeInclusive<T>,
) -> Result<(), Fault> {
    if allowed.contains(&found) {
        return Ok(());
    }
    let (low, high) = (allowed.start(), allowed.end());
    let problem = format!("found {found}, allowed: {low} to {high}");
    Err(Fault::new(key, problem))
}

pub(super) fn check_breakers(breakers: &BTreeMap<String, Breaker>) -> Result<(), Fault> {
    for (name, breaker) in breakers {
        check_breaker(breaker).map_err(|fault| fault.under(&format!("breaker.{name}")))?;
    }
    Ok(())
}

fn check_breaker(breaker: &Breaker) -> Result<(), Fault> {
    if breaker.auto_reclose {
        let problem = "found true, allowed: false; a tripped breaker never closes by itself";
        return Err(Fault::new("auto_reclose", problem));
    }
    within("travel_ms", breaker.travel_ms, &(0..=60_000))?;
    within("verify_ms", breaker.verify_ms, &(1..=60_000))?;
    within("min_off_s", breaker.min_off_s, &(0..=3_600))?;
    within("min_on_s", breaker.min_on_s, &(0..=3_600))?;
    within("max_ops_per_hour", breaker.max_ops_per_hour, &(1..=3_600))?;
    within("max_ops_per_10_min", breaker.max_ops_per_10_min, &(1..=600))?;
    within("life_ops", breaker.life_ops, &(0..=10_000_000))
}

pub(super) fn check_poll(poll: &Poll) -> Result<(), Fault> {
    within("poll.fast_ms", poll.fast_ms, &FAST_MS)
}

pub(super) fn check_rules(rules: &Rules) -> Result<(), Fault> {
    within("rules.stagger_ms", rules.stagger_ms, &(0..=60_000))?;
    within("rules.random_delay_s", rules.random_delay_s, &(0..=1_800))?;
    within("rules.no_load_off_min", rules.no_load_off_min, &(1..=1_440))?;
    within(
        "rules.no_load_warn_min",
        rules.no_load_warn_min,
        &(1..=rules.no_load_off_min),
    )?;
    within("rules.idle_below_ma", rules.idle_below_ma, &(0..=10_000))?;
    within("rules.idle_after_min", rules.idle_after_min, &(1..=1_440))
}

pub(super) fn check_commissioned(commissioned: &Commissioned) -> Result<(), Fault> {
    if commissioned.at.parse::<jiff::Timestamp>().is_err() {
        let found = &commissioned.at;
        let problem = format!("found \"{found}\", allowed: a time like \"2026-04-01T09:30:00+09:00\"");
        return Err(Fault::new("commissioned.at", problem));
    }
    if commissioned.by.trim().is_empty() {
        return Err(Fault::new("commissioned.by", "found nothing, allowed: a name"));
    }
    let mut outlets = commissioned.outlets.iter();
    outlets.try_for_each(|outlet| within("commissioned.outlets", *outlet, &(1..=MAX_OUTLETS)))
}

pub(super) fn check_supply(supply: &Supply) -> Result<(), Fault> {
    let wrong = |[low, high]: &&[u32; 2]| low >= high || *low == 0 || *high > 1_000;
    let bad = |found: String| {
        Fault::new(
            "supply.voltage_v",
            format!("found {found}, allowed: [lowest, highest], 1 to 1000"),
        )
    };
    match supply.voltage_v.iter().find(wrong) {
        Some(range) => Err(bad(format!("{range:?}"))),
        None if supply.voltage_v.is_empty() => Err(bad("nothing".to_owned())),
        None => Ok(()),
    }
}

pub(super) fn check_bus(bus: &BusLine) -> Result<(), Fault> {
    let check = || {
        if let Some(line) = bus.transport.line() {
            let key = if matches!(bus.transport, Transport::Tcp(_)) {
                "line.baud"
            } else {
                "baud"
            };
            within(key, line.baud, &BAUD)?;
        }
        let (connect_timeout_ms, pause_ms) = match &bus.transport {
            Transport::Tcp(tcp) => (tcp.connect_timeout_ms, tcp.pause_after_connect_ms),
            Transport::RtuOverTcp(tcp) => (tcp.connect_timeout_ms, tcp.pause_after_connect_ms),
            Transport::Rtu(_) => return Ok(()),
        };
        within("connect_timeout_ms", connect_timeout_ms, &CONNECT_TIMEOUT_MS)?;
        within("pause_after_connect_ms", pause_ms, &PAUSE_AFTER_CONNECT_MS)
    };
    check().map_err(|fault| fault.under(&format!("bus.{}", bus.name)))
}

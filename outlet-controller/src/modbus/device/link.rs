//! What a device needs from the bus, and how it lets itself be read.

use std::ops::RangeInclusive;

use serde::Deserialize;

use crate::modbus::Fault;
use crate::modbus::plan::Span;

/// How long a unit may be waited for: a request that nobody answers keeps an OFF waiting for as long.
pub(crate) const TIMEOUT_MS: RangeInclusive<u64> = 10..=1_000;
/// The most registers that one Modbus answer holds.
const MAX_READ_REGS: u16 = 125;
/// The most bits.
const MAX_READ_BITS: u16 = 2000;

/// What the device needs from the bus.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Link {
    /// Serial speeds that it knows; empty: not said.
    pub baud: Vec<u32>,
    pub max_read_regs: u16,
    pub max_read_bits: u16,
    /// Start and count of a read are multiples of this.
    pub align: u16,
    pub holes: Holes,
    /// Silence before the next request to this unit.
    pub min_gap_ms: u64,
    pub timeout_ms: u64,
    /// How long it thinks before it answers; for planning only.
    pub turnaround_ms: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            baud: Vec::new(),
            max_read_regs: MAX_READ_REGS,
            max_read_bits: MAX_READ_BITS,
            align: 1,
            holes: Holes::Error,
            min_gap_ms: 0,
            timeout_ms: 500,
            turnaround_ms: 0,
        }
    }
}

impl Link {
    /// The least that the device lets itself be asked for to tell these registers.
    pub(crate) fn aligned(&self, span: Span) -> Span {
        if span.area.is_bits() {
            return span;
        }
        let align = self.align.max(1);
        let before = span.addr % align;
        let count = span.count.saturating_add(before);
        Span {
            addr: span.addr - before,
            count: count.checked_next_multiple_of(align).unwrap_or(count),
            ..span
        }
    }
}

/// What a device does with a read that spans undefined registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Holes {
    Zero,
    Error,
}

impl Link {
    /// Whether the device answers to a read of just these registers.
    pub(super) fn check_span(&self, addr: u16, words: u16) -> Result<(), Fault> {
        if words > self.max_read_regs {
            return Err(Fault::new(
                "type",
                format!(
                    "found {words} registers, allowed: max_read_regs = {}",
                    self.max_read_regs
                ),
            ));
        }
        if u32::from(addr) + u32::from(words) > 0x1_0000 {
            return Err(Fault::new(
                "addr",
                format!("found {addr:#06X}, which ends beyond 0xFFFF"),
            ));
        }
        if !(addr.is_multiple_of(self.align) && words.is_multiple_of(self.align)) {
            return Err(Fault::new(
                "addr",
                format!(
                    "found {words} registers at {addr:#06X}, allowed: multiples of align = {}",
                    self.align
                ),
            ));
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        for (key, found, high) in [
            ("max_read_regs", self.max_read_regs, MAX_READ_REGS),
            ("max_read_bits", self.max_read_bits, MAX_READ_BITS),
        ] {
            if !(1..=high).contains(&found) {
                return Err(Fault::new(key, format!("found {found}, allowed: 1 to {high}")));
            }
        }
        if !(1..=self.max_read_regs).contains(&self.align) {
            return Err(Fault::new(
                "align",
                format!("found {}, allowed: 1 to max_read_regs", self.align),
            ));
        }
        for (key, found, low, high) in [
            (
                "timeout_ms",
                self.timeout_ms,
                *TIMEOUT_MS.start(),
                *TIMEOUT_MS.end(),
            ),
            ("min_gap_ms", self.min_gap_ms, 0, 5_000),
            ("turnaround_ms", self.turnaround_ms, 0, 5_000),
        ] {
            if !(low..=high).contains(&found) {
                return Err(Fault::new(
                    key,
                    format!("found {found}, allowed: {low} to {high}"),
                ));
            }
        }
        Ok(())
    }
}

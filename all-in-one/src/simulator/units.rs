//! Energy counted in milliwatt-milliseconds: integers at every speed, no drift.

/// Power in mW times time in ms.
pub(super) type MilliWattMillis = i64;

const PER_MWH: i64 = 3_600_000;

pub(super) const fn from_wh(wh: i64) -> MilliWattMillis {
    wh.saturating_mul(1000 * PER_MWH)
}

pub(super) const fn to_mwh(energy: MilliWattMillis) -> i64 {
    energy / PER_MWH
}

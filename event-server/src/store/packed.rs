//! The readings of a day in few bytes: column by column, differences as variable-length integers, deflated.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use foundation::DbError;

/// How the bytes are laid out.
const LAYOUT: u64 = 1;
/// A day of one reading each second has less than this.
const MAX_BYTES: u64 = 16 << 20;
const BREAKERS: [&str; 3] = ["open", "closed", "unknown"];

/// One reading. What was not measured is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The station's time, microseconds.
    pub(crate) at: i64,
    pub(crate) register_wh: Option<i64>,
    pub(crate) voltage_mv: Option<i64>,
    pub(crate) current_ma: Option<i64>,
    pub(crate) power_w: Option<i64>,
    pub(crate) breaker: Option<String>,
    /// What the meter's account made of it; `None` where it was not believed, or came too late.
    pub(crate) moved_wh: Option<i64>,
    pub(crate) account: Option<i64>,
}

type Column = fn(&mut Kept) -> &mut Option<i64>;

const COLUMNS: [Column; 6] = [
    |kept| &mut kept.register_wh,
    |kept| &mut kept.voltage_mv,
    |kept| &mut kept.current_ma,
    |kept| &mut kept.power_w,
    |kept| &mut kept.moved_wh,
    |kept| &mut kept.account,
];

/// Packs readings in the order given.
pub(crate) fn pack(mut day: Vec<Kept>) -> Result<Vec<u8>, DbError> {
    let mut bytes = Vec::new();
    put(&mut bytes, LAYOUT);
    put(&mut bytes, day.len() as u64);
    let mut before = 0;
    for kept in &day {
        put(&mut bytes, zigzag(kept.at.wrapping_sub(before)));
        before = kept.at;
    }
    for column in COLUMNS {
        let mut before = 0;
        for kept in &mut day {
            match *column(kept) {
                None => put(&mut bytes, 0),
                Some(value) => {
                    // 0 stands for nothing; what would not fit beside it is no measurement.
                    put(&mut bytes, zigzag(value.wrapping_sub(before)).saturating_add(1));
                    before = value;
                }
            }
        }
    }
    for kept in &day {
        let known = kept.breaker.as_deref();
        let place = BREAKERS.iter().position(|breaker| Some(*breaker) == known);
        put(&mut bytes, place.map_or(0, |place| place as u64 + 1));
    }
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    let deflated = deflate.write_all(&bytes).and_then(|()| deflate.finish());
    deflated.map_err(|error| diesel::result::Error::SerializationError(error.into()).into())
}

/// The readings that were packed, in the same order.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<Kept>, DbError> {
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(packed)
        .take(MAX_BYTES)
        .read_to_end(&mut bytes);
    read.ok()
        .and_then(|_| taken(&mut bytes.as_slice()))
        .ok_or_else(|| {
            let text = "reading_days.packed cannot be read";
            diesel::result::Error::DeserializationError(text.into()).into()
        })
}

fn taken(bytes: &mut &[u8]) -> Option<Vec<Kept>> {
    if get(bytes)? != LAYOUT {
        return None;
    }
    let count = usize::try_from(get(bytes)?)
        .ok()
        .filter(|count| *count <= bytes.len())?;
    let mut day = vec![Kept::default(); count];
    let mut before = 0_i64;
    for kept in &mut day {
        before = before.wrapping_add(unzigzag(get(bytes)?));
        kept.at = before;
    }
    for column in COLUMNS {
        let mut before = 0_i64;
        for kept in &mut day {
            let told = get(bytes)?;
            if told > 0 {
                before = before.wrapping_add(unzigzag(told - 1));
                *column(kept) = Some(before);
            }
        }
    }
    for kept in &mut day {
        let place = usize::try_from(get(bytes)?).ok()?;
        let known = place.checked_sub(1).and_then(|place| BREAKERS.get(place));
        kept.breaker = known.map(|breaker| (*breaker).to_owned());
    }
    Some(day)
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 127 {
        bytes.push((value & 127) as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn get(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 127) << shift;
        if *first < 128 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_kept() -> impl Strategy<Value = Kept> {
        let number = || prop::option::of(-5_000_000_000_000_i64..5_000_000_000_000);
        let breaker = prop::option::of(prop::sample::select(BREAKERS.map(str::to_owned).to_vec()));
        let measured = (number(), number(), number(), number(), breaker);
        (any::<i64>(), measured, number(), number()).prop_map(|(at, measured, moved_wh, account)| {
            let (register_wh, voltage_mv, current_ma, power_w, breaker) = measured;
            Kept {
                at,
                register_wh,
                voltage_mv,
                current_ma,
                power_w,
                breaker,
                moved_wh,
                account,
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked_as_it_was(day in prop::collection::vec(any_kept(), 0..50)) {
            prop_assert_eq!(unpack(&pack(day.clone()).unwrap()).unwrap(), day);
        }

        #[test]
        fn bytes_that_nobody_packed_are_refused_or_read_and_never_worse(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _refused_or_read = unpack(&bytes);
            let _as_little = taken(&mut bytes.as_slice());
        }
    }

    #[test]
    fn a_day_without_a_load_is_small_and_a_day_of_charging_a_few_kilobytes() {
        let day = |current_ma: i64| -> Vec<Kept> {
            let minute = |n: i64| Kept {
                at: 1_795_000_000_000_000 + n * 60_000_000 + (n * 7919) % 1000 * 1000,
                register_wh: Some(1_000_000 + n * current_ma / 300),
                voltage_mv: Some(201_000 + (n * 104_729) % 1500),
                current_ma: Some(current_ma + if current_ma > 0 { (n * 31) % 200 } else { 0 }),
                power_w: Some(current_ma / 5),
                breaker: Some("closed".into()),
                moved_wh: Some(current_ma / 300),
                account: Some(0),
            };
            (0..1440).map(minute).collect()
        };
        let (idle, busy) = (pack(day(0)).unwrap().len(), pack(day(15_000)).unwrap().len());
        assert!(idle < 6_000 && busy < 9_000, "{idle} {busy}");
    }
}

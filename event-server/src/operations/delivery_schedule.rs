//! When a failed delivery is tried again.

const SECOND: u64 = 1;
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// After the first failure, the second, … A resident may be standing there, so the first ones are quick.
const WAITS_S: [u64; 11] = [
    5 * SECOND,
    30 * SECOND,
    2 * MINUTE,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];
const MAX_RETRY_AFTER_S: u64 = 24 * HOUR;

/// How long to wait after so many failed attempts, in microseconds; `None` when it is to be given up.
/// `jitter` is 0 to 255: a tenth less to a tenth more.
pub(crate) fn wait_us(failed: i32, retry_after_s: Option<u64>, jitter: u8) -> Option<i64> {
    let index = usize::try_from(failed).ok()?.checked_sub(1)?;
    let wait_s = WAITS_S.get(index)?;
    let thousandths = 900 + u64::from(jitter) * 200 / 255;
    let wait_us =
        (wait_s * 1000 * thousandths).max(retry_after_s.unwrap_or(0).min(MAX_RETRY_AFTER_S) * 1_000_000);
    i64::try_from(wait_us).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_a_tenth_of_jitter_and_end_after_the_last() {
        assert_eq!(wait_us(1, None, 0), Some(4_500_000));
        assert_eq!(wait_us(1, None, 255), Some(5_500_000));
        assert_eq!(wait_us(11, None, 0), Some(77_760_000_000));
        assert_eq!(wait_us(12, None, 0), None);
    }

    #[test]
    fn retry_after_can_only_lengthen_a_wait_and_by_a_day_at_most() {
        assert_eq!(wait_us(1, Some(60), 0), Some(60_000_000));
        assert_eq!(wait_us(2, Some(1), 0), Some(27_000_000));
        assert_eq!(wait_us(1, Some(u64::MAX), 0), Some(86_400_000_000));
    }
}

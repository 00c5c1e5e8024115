//! Which reports of a delivery have not come yet: numbers that later ones have overtaken.

/// Beyond this many gaps the oldest are forgotten, and their reports taken for repeated ones.
const MAX_GAPS: usize = 64;

/// Gaps in the numbers, first and last, in rising order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Missed(Vec<(i64, i64)>);

impl Missed {
    /// As it is kept with its session.
    pub(crate) fn of(text: Option<&str>) -> Self {
        Self(
            text.and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
        )
    }

    /// `None` while nothing is missed.
    pub(crate) fn to_text(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| serde_json::json!(self.0).to_string())
    }

    /// After the number `last` comes `next`.
    pub(crate) fn follow(&mut self, last: i64, next: i64) {
        if next.saturating_sub(last) > 1 {
            self.0.push((last + 1, next - 1));
        }
        if self.0.len() > MAX_GAPS {
            self.0.remove(0);
        }
    }

    /// Whether the number was missed until now.
    pub(crate) fn take(&mut self, number: i64) -> bool {
        let within = |(first, last): &(i64, i64)| (*first..=*last).contains(&number);
        let Some(place) = self.0.iter().position(within) else {
            return false;
        };
        let (first, last) = self.0.remove(place);
        for gap in [(number + 1, last), (first, number - 1)] {
            if gap.0 <= gap.1 {
                self.0.insert(place, gap);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_that_was_overtaken_is_missed_once() {
        let mut missed = Missed::default();
        missed.follow(-1, 0);
        missed.follow(0, 5);
        missed.follow(5, 7);
        let mut kept = Missed::of(missed.to_text().as_deref());
        assert_eq!(kept, missed);
        for (number, was_missed) in [
            (3, true),
            (3, false),
            (0, false),
            (6, true),
            (1, true),
            (4, true),
            (2, true),
        ] {
            assert_eq!(kept.take(number), was_missed, "{number}: {kept:?}");
        }
        assert_eq!(kept.to_text(), None);
    }

    #[test]
    fn gaps_are_bounded() {
        let mut missed = Missed::default();
        for number in 0..1_000 {
            missed.follow(2 * number, 2 * number + 2);
        }
        assert_eq!(missed.0.len(), MAX_GAPS);
        assert!(missed.take(1_999) && !missed.take(1));
    }
}

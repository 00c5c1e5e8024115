//! The random delay after power or communication returns: the cars of a town do not begin together.

use domain::units::Millis;

use crate::modbus::panel::Rules;

/// From nothing to the longest that the panel file allows, all alike.
pub(super) fn draw(rules: &Rules) -> Millis {
    let longest_ms = rules.random_delay_s.saturating_mul(1000);
    let random = u64::from_le_bytes(foundation::ids::random::<8>());
    let delay = Millis(random % longest_ms.saturating_add(1));
    tracing::info!(
        delay_ms = delay.0,
        "breakers that wait to be closed wait this long more"
    );
    delay
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_is_within_its_bounds_and_not_always_the_same() {
        let rules = |random_delay_s| Rules {
            random_delay_s,
            ..Rules::default()
        };
        let drawn: Vec<_> = (0..1_000).map(|_| draw(&rules(2))).collect();
        assert!(drawn.iter().all(|delay| *delay <= Millis::seconds(2)));
        let halves = drawn.iter().filter(|delay| **delay < Millis::seconds(1)).count();
        assert!((300..700).contains(&halves), "{halves}");
        assert_eq!(draw(&rules(0)), Millis(0));
    }
}

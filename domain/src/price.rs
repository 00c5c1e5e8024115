//! What energy and sessions cost, and how much energy an amount of money buys.

pub mod tariff;

use crate::units::WattHours;

const WH_PER_KWH: i128 = 1_000;

/// An amount of money in whole yen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Yen(pub i64);

/// The price of energy: whole yen for a kilowatt-hour, 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnergyPrice(i64);

/// The energy that ends a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnergyLimit {
    pub energy: WattHours,
    /// Money buys no more than this, and less than was asked for as energy.
    pub by_cost: bool,
}

impl EnergyPrice {
    /// `None` where energy would cost nothing, or less.
    pub fn new(yen_per_kwh: i64) -> Option<Self> {
        (yen_per_kwh >= 1).then_some(Self(yen_per_kwh))
    }

    /// The cost, every begun yen counted as a whole one.
    pub fn cost(self, energy: WattHours) -> Yen {
        let thousandths = i128::from(energy.0.max(0)) * i128::from(self.0);
        Yen(whole((thousandths + WH_PER_KWH - 1) / WH_PER_KWH))
    }

    /// The most whole watt-hours that cost no more than `limit`. As the cost is rounded up, the limit holds whichever way
    /// a bill is rounded.
    pub fn buys(self, limit: Yen) -> WattHours {
        let thousandths = i128::from(limit.0.max(0)) * WH_PER_KWH;
        WattHours(whole(thousandths / i128::from(self.0)))
    }
}

fn whole(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// The limit of energy that wishes for energy and money make: the smaller decides.
pub fn energy_limit(energy: Option<WattHours>, bought: Option<WattHours>) -> Option<EnergyLimit> {
    let by_cost = bought.filter(|bought| energy.is_none_or(|energy| *bought < energy));
    by_cost.or(energy).map(|limit| EnergyLimit {
        energy: limit,
        by_cost: by_cost.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn money_buys_whole_watt_hours_and_a_begun_yen_is_a_whole_one() {
        let price = |yen| EnergyPrice::new(yen).unwrap();
        for (yen_per_kwh, limit_yen, energy_wh) in [
            (31, 500, 16_129),
            (1, 1, 1_000),
            (1_000, 1, 1),
            (2_000, 1, 0),
            (31, 0, 0),
        ] {
            assert_eq!(
                price(yen_per_kwh).buys(Yen(limit_yen)),
                WattHours(energy_wh),
                "{yen_per_kwh}"
            );
        }
        for (energy_wh, cost_yen) in [(0, 0), (1, 1), (32, 1), (33, 2), (16_129, 500), (16_130, 501)] {
            assert_eq!(price(31).cost(WattHours(energy_wh)), Yen(cost_yen), "{energy_wh}");
        }
        assert_eq!(EnergyPrice::new(0), None);
        assert_eq!(EnergyPrice::new(-31), None);
    }

    #[test]
    fn of_energy_and_money_the_smaller_decides() {
        let limit = |energy: Option<i64>, bought: Option<i64>| {
            energy_limit(energy.map(WattHours), bought.map(WattHours))
                .map(|limit| (limit.energy.0, limit.by_cost))
        };
        assert_eq!(limit(None, None), None);
        assert_eq!(limit(Some(500), None), Some((500, false)));
        assert_eq!(limit(None, Some(400)), Some((400, true)));
        assert_eq!(limit(Some(500), Some(400)), Some((400, true)));
        assert_eq!(limit(Some(400), Some(500)), Some((400, false)));
        assert_eq!(limit(Some(400), Some(400)), Some((400, false)));
    }

    proptest! {
        #[test]
        fn what_money_buys_costs_no_more_and_one_watt_hour_more_does(
            yen_per_kwh in 1_i64..100_000, limit_yen in 0_i64..1_000_000_000
        ) {
            let (price, limit) = (EnergyPrice::new(yen_per_kwh).unwrap(), Yen(limit_yen));
            let energy = price.buys(limit);
            prop_assert!(price.cost(energy) <= limit);
            prop_assert!(price.cost(energy + WattHours(1)) > limit);
        }

        #[test]
        fn no_amount_overflows(yen_per_kwh in 1_i64.., limit_yen in any::<i64>(), energy_wh in any::<i64>()) {
            let price = EnergyPrice::new(yen_per_kwh).unwrap();
            prop_assert!(price.buys(Yen(limit_yen)).0 >= 0);
            prop_assert!(price.cost(WattHours(energy_wh)).0 >= 0);
        }
    }
}

//! What flows through a site's main circuit now, and what may.

use foundation::{Conn, DbError};

use super::record_station_event::MAIN_METER;
use crate::store::packed::Kept;
use crate::store::sites::Site;
use crate::store::{circuits, controller_problems, controllers, reading_days, readings};

/// Samples come each minute, and may be half a minute on their way; one that is older is not of now.
const FRESH_US: i64 = 90 * 1_000_000;

/// The main circuit of a site whose meter somebody reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MainLoad {
    /// `None` where nothing was told for a minute and a half, while its meter is in doubt, or whoever reads it is away.
    pub(crate) power_w: Option<i64>,
    pub(crate) current_ma: Option<i64>,
    pub(crate) contracted_w: Option<i64>,
    pub(crate) limit_ma: Option<i64>,
}

/// `None` where nobody reads a main circuit here.
pub(crate) fn main_load(conn: &mut Conn, site: &Site, now_us: i64) -> Result<Option<MainLoad>, DbError> {
    let Some(controller_id) = reading_days::find_main_meter(conn, &site.id)? else {
        return Ok(None);
    };
    let doubt = controller_problems::find(conn, &controller_id, MAIN_METER)?;
    let last = match controllers::find(conn, &controller_id)? {
        Some(controller) if controller.online && !doubt.is_some_and(|doubt| doubt.stands) => {
            readings::find_last_of_main(conn, &controller_id)?
        }
        Some(_) | None => None,
    };
    let last = last.map(readings::Reading::kept);
    let mains = circuits::list_mains(conn, std::slice::from_ref(&site.id))?;
    let limit_ma = mains.first().and_then(|main| main.limit_ma);
    Ok(Some(MainLoad {
        contracted_w: site.contracted_demand_w,
        limit_ma,
        ..of_now(last, now_us)
    }))
}

fn of_now(last: Option<Kept>, now_us: i64) -> MainLoad {
    let fresh = last.filter(|kept| now_us - kept.at <= FRESH_US);
    fresh.map_or_else(MainLoad::default, |kept| MainLoad {
        power_w: kept.power_w,
        current_ma: kept.current_ma,
        ..MainLoad::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_a_minute_and_a_half_does_not_flow_now() {
        let kept = Kept {
            at: 10 * FRESH_US,
            power_w: Some(6_200),
            current_ma: Some(31_000),
            ..Kept::default()
        };
        let at = |now_us| of_now(Some(kept.clone()), now_us);
        assert_eq!(at(11 * FRESH_US).power_w, Some(6_200));
        assert_eq!(at(11 * FRESH_US + 1), MainLoad::default());
        assert_eq!(of_now(None, 0), MainLoad::default());
    }
}

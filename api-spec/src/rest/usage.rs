//! Energy, sessions and cost over a time, by whom or where.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What usage is added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageGroup {
    Driver,
    /// By the dwelling that drivers had when they charged; of one site, as another may have dwellings of the same names.
    Unit,
    Outlet,
    Site,
    /// By month of the site's time zone, such as `2026-11`.
    Month,
}

/// One row of usage. `energy_wh + unattributed_wh` is what the registers moved by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// The driver, the unit, the id of the outlet or site, or the month; null for what no driver, or no unit, is charged for.
    #[schema(required, example = "room-301")]
    pub key: Option<String>,
    /// What sessions are charged for.
    #[schema(example = 48_250)]
    pub energy_wh: i64,
    /// What no session is charged for; negative where a meter was exchanged for one that shows less.
    #[schema(example = 12)]
    pub unattributed_wh: i64,
    /// Sessions that ended within the time.
    #[schema(example = 9)]
    pub sessions: i64,
    /// What those sessions cost.
    #[schema(example = 1_495)]
    pub cost_yen: i64,
}

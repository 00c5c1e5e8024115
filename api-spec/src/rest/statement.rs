//! A site's statement of a month: what each unit is charged, and whether it agrees with the meters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MeterClass, Time};

/// Whether a statement can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementState {
    /// Reckoned whenever it is read.
    Open,
    /// Frozen.
    Closed,
}

/// What figures of energy may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnergyLabel {
    /// kWh: by meters that are *verified* for billing, all through the month.
    Kwh,
    /// kWh相当: by others.
    KwhEquivalent,
}

/// How yen are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementRounding {
    /// The energy's cost is rounded down to whole yen, once for each session. Nothing else is rounded.
    DownOncePerSession,
}

/// A month of a site in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementSummary {
    #[schema(example = "2026-10")]
    pub month: String,
    pub state: StatementState,
    /// The first moment after it.
    pub ends_at: Time,
    #[schema(required)]
    pub closed_at: Option<Time>,
    /// Those that ended in it.
    #[schema(example = 42)]
    pub sessions: i64,
    /// Of those sessions.
    #[schema(example = 231_400)]
    pub energy_wh: i64,
    /// With all corrections.
    #[schema(example = 7_150)]
    pub total_yen: i64,
    /// As in the statement.
    #[schema(required)]
    pub hash: Option<String>,
}

/// What a unit, or everybody together, is charged. `total_yen` is the sum of all that ends in `_yen` before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementAmounts {
    /// Those that ended in the month and took energy.
    #[schema(example = 9)]
    pub sessions: i64,
    /// Of those sessions.
    #[schema(example = 48_250)]
    pub energy_wh: i64,
    #[schema(example = 1_495)]
    pub energy_yen: i64,
    /// For each session.
    #[schema(example = 90)]
    pub fixed_yen: i64,
    /// What was missing to the least that a session costs.
    #[schema(example = 0)]
    pub minimum_yen: i64,
    /// For full cars that stayed.
    #[schema(example = 0)]
    pub idle_yen: i64,
    /// What `corrections` add to energy of earlier months, or take off.
    #[schema(example = 0)]
    pub corrections_wh: i64,
    /// All `corrections`, those by hand too.
    #[schema(example = 0)]
    pub corrections_yen: i64,
    #[schema(example = 1_585)]
    pub total_yen: i64,
}

/// The sessions of a unit at one outlet, with the registers between which they lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementRegisters {
    pub outlet_id: String,
    pub outlet_name: String,
    /// Where the first of the sessions began.
    #[schema(required, example = 1_204_431)]
    pub opening_register_wh: Option<i64>,
    /// Where the last ended. Whatever others took between them is not the unit's.
    #[schema(required, example = 1_252_681)]
    pub closing_register_wh: Option<i64>,
    #[schema(example = 9)]
    pub sessions: i64,
    #[schema(example = 48_250)]
    pub energy_wh: i64,
    pub energy_label: EnergyLabel,
    #[schema(example = 1_495)]
    pub energy_yen: i64,
    #[schema(example = 90)]
    pub fixed_yen: i64,
    #[schema(example = 1_585)]
    pub total_yen: i64,
}

/// What one unit is charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementRow {
    /// Null: sessions of drivers without a unit.
    #[schema(required, example = "301")]
    pub unit: Option<String>,
    pub energy_label: EnergyLabel,
    pub amounts: StatementAmounts,
    pub outlets: Vec<StatementRegisters>,
}

/// Why something is corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementCorrectionKind {
    /// A session of a closed month came late, or has changed.
    Session,
    /// A manager has written it.
    Manual,
}

/// What is added to what earlier months say, or taken off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementCorrection {
    /// Of one by hand.
    #[schema(required, example = "cor_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: Option<String>,
    pub kind: StatementCorrectionKind,
    /// The month that it corrects.
    #[schema(required, example = "2026-09")]
    pub month: Option<String>,
    #[schema(required, example = "301")]
    pub unit: Option<String>,
    #[schema(required)]
    pub session_id: Option<String>,
    /// 1 for a session that is new, -1 for one that is the unit's no more.
    pub sessions: i64,
    pub energy_wh: i64,
    #[schema(example = -120)]
    pub amount_yen: i64,
    #[schema(required, example = "9月の使用停止のおわび")]
    pub note: Option<String>,
}

/// A correction to write into the month that is closed next.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStatementCorrection {
    /// The month that it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-09")]
    pub month: Option<String>,
    /// Who is charged; left out: the row without a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 50, example = "301")]
    pub unit: Option<String>,
    /// Less than nothing takes off.
    #[schema(minimum = -10_000_000, maximum = 10_000_000, example = -120)]
    pub amount_yen: i64,
    #[schema(min_length = 1, max_length = 200, example = "9月の使用停止のおわび")]
    pub note: String,
}

/// A month to close.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStatement {
    /// The oldest month of the site that is open.
    #[schema(example = "2026-10")]
    pub month: String,
}

/// An outlet's register over the month. It moved by `attributed_wh + unattributed_wh + rebased_wh`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementOutlet {
    pub outlet_id: String,
    pub outlet_name: String,
    #[schema(required)]
    pub meter_class: Option<MeterClass>,
    pub energy_label: EnergyLabel,
    /// The last register of the day before the month.
    #[schema(required, example = 1_204_431)]
    pub opening_register_wh: Option<i64>,
    /// The last register of the month's last day.
    #[schema(required, example = 1_252_693)]
    pub closing_register_wh: Option<i64>,
    /// Sessions', whenever they ended.
    #[schema(example = 48_250)]
    pub attributed_wh: i64,
    /// What no session is charged for.
    #[schema(example = 12)]
    pub unattributed_wh: i64,
    /// Steps to levels that were believed anew, as after the exchange of a meter.
    #[schema(example = 0)]
    pub rebased_wh: i64,
}

/// The statement beside the meters. `energy_wh + corrections_wh` of the total is `attributed_wh + earlier_wh - later_wh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementReconciliation {
    /// What flowed through the main circuit; null where nothing reads it.
    #[schema(required, example = 262_000)]
    pub main_circuit_wh: Option<i64>,
    /// What flowed through all outlets: `attributed_wh + unattributed_wh`.
    #[schema(example = 231_412)]
    pub outlets_wh: i64,
    /// What flowed through the main circuit and through no outlet.
    #[schema(required, example = 30_588)]
    pub difference_wh: Option<i64>,
    /// In thousandths of `main_circuit_wh`.
    #[schema(required, example = 117)]
    pub difference_per_mille: Option<i64>,
    #[schema(example = 231_400)]
    pub attributed_wh: i64,
    /// What no session is charged for.
    #[schema(example = 12)]
    pub unattributed_wh: i64,
    #[schema(example = 0)]
    pub rebased_wh: i64,
    /// What this statement charges for and flowed before the month.
    #[schema(example = 0)]
    pub earlier_wh: i64,
    /// What flowed in the month for sessions that later statements charge for.
    #[schema(example = 0)]
    pub later_wh: i64,
}

/// A month of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Statement {
    pub site_id: String,
    #[schema(example = "グリーンハイツ")]
    pub site_name: String,
    #[schema(example = "2026-10")]
    pub month: String,
    #[schema(example = "Asia/Tokyo")]
    pub time_zone: String,
    pub state: StatementState,
    /// Null: all before belongs to it, as it is the site's first.
    #[schema(required)]
    pub begins_at: Option<Time>,
    /// The first moment after it.
    pub ends_at: Time,
    #[schema(required)]
    pub closed_at: Option<Time>,
    pub rounding: StatementRounding,
    /// By unit; the last is that without one.
    pub rows: Vec<StatementRow>,
    pub total: StatementAmounts,
    pub corrections: Vec<StatementCorrection>,
    pub outlets: Vec<StatementOutlet>,
    pub reconciliation: StatementReconciliation,
    /// SHA-256 of what `GET …/sessions` lists, each as JSON with sorted members and without spaces, with a line feed between
    /// them. Null while it is open, as are `previous` and `hash`.
    #[schema(required)]
    pub sessions_hash: Option<String>,
    /// The hash of the statement before it; empty for the first.
    #[schema(required)]
    pub previous: Option<String>,
    /// SHA-256, as base64url, of this object with `hash` null, as JSON with sorted members and without spaces.
    #[schema(required)]
    pub hash: Option<String>,
}

/// A session as a statement tells of it. Of a correction the figures are what is added, or taken off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementSession {
    pub session_id: String,
    pub outlet_id: String,
    pub outlet_name: String,
    pub driver_id: String,
    #[schema(required, example = "301")]
    pub unit: Option<String>,
    /// Of a correction, the month that it corrects.
    #[schema(required)]
    pub corrects: Option<String>,
    #[schema(required)]
    pub energized_at: Option<Time>,
    #[schema(required)]
    pub ended_at: Option<Time>,
    #[schema(required)]
    pub start_register_wh: Option<i64>,
    #[schema(required)]
    pub stop_register_wh: Option<i64>,
    pub sessions: i64,
    pub energy_wh: i64,
    pub energy_label: EnergyLabel,
    pub energy_yen: i64,
    pub fixed_yen: i64,
    pub minimum_yen: i64,
    pub idle_yen: i64,
    pub total_yen: i64,
}

/// What became of a check of all closed statements of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementCheck {
    /// How many are what they were when they were closed.
    #[schema(example = 12)]
    pub statements: i64,
    /// The hash of the last of them. Whoever keeps a copy can tell later whether all was written anew.
    pub head: String,
    /// The first that is not, and why.
    #[schema(required, example = "2026-10: the text was changed")]
    pub broken: Option<String>,
}

//! Tariffs: what a session costs, in versions that follow one another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// What days a band is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TariffDay {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
    /// A day of `holidays`, which is no other day then.
    Holiday,
}

/// A time of the day with a price of its own, by the clocks of the site. Of several the first holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "夜間", "from": "23:00", "to": "07:00", "energy_milliyen_per_kwh": 20000}))]
pub struct TariffBand {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Every day, holidays too, where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<TariffDay>,
    /// `HH:MM`
    pub from: String,
    /// `HH:MM`, up to `24:00`. Not after `from`: the named days up to `to`, and again from `from`.
    pub to: String,
    #[schema(minimum = 0)]
    pub energy_milliyen_per_kwh: i64,
}

/// What a full car costs that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdlePrice {
    /// For each whole minute after `free_minutes` in which the car took no more, though it could have.
    #[schema(minimum = 0, example = 10)]
    pub yen_per_minute: i64,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1440, example = 15)]
    pub free_minutes: i64,
}

/// What a session costs. The energy's cost is rounded down to whole yen once, at the end; a session without energy is free.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"energy_milliyen_per_kwh": 31500, "fixed_yen": 0, "minimum_yen": 0, "bands": [
    {"name": "夜間", "from": "23:00", "to": "07:00", "energy_milliyen_per_kwh": 20000}]}))]
pub struct TariffTerms {
    /// Thousandths of a yen for a kilowatt-hour, where no band holds.
    #[schema(minimum = 0)]
    pub energy_milliyen_per_kwh: i64,
    /// At most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<TariffBand>,
    /// Dates, such as `2027-01-01`; at most 400.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<String>,
    /// For each session.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub fixed_yen: i64,
    /// What energy and the fixed part cost at least.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub minimum_yen: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<IdlePrice>,
}

/// What a tariff says from a moment on, until the next version; never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TariffVersion {
    #[schema(example = "tve_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub valid_from: Time,
    pub terms: TariffTerms,
    pub created_at: Time,
}

/// A tariff with its versions, the newest last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tariff {
    #[schema(example = "tar_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub name: String,
    #[schema(example = "JPY")]
    pub currency: String,
    pub versions: Vec<TariffVersion>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// A tariff to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTariff {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Now where left out; never in the past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Time>,
    pub terms: TariffTerms,
}

/// What a tariff is to say from a moment on. Sessions keep the version that they started with.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTariffVersion {
    /// Now where left out; never in the past, and after every other version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Time>,
    pub terms: TariffTerms,
}

/// What a session costs so far, and its parts, which add up to `yen`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionCost {
    #[schema(example = 313)]
    pub yen: i64,
    #[schema(example = 313)]
    pub energy_yen: i64,
    pub fixed_yen: i64,
    /// What was missing to the minimum.
    pub minimum_yen: i64,
    pub idle_yen: i64,
    /// Null where the site's `energy_yen_per_kwh` is what it costs.
    #[schema(required)]
    pub tariff_id: Option<String>,
    /// The version that the session started with.
    #[schema(required)]
    pub tariff_version_id: Option<String>,
}

/// A register and when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRead {
    pub at: Time,
    #[schema(minimum = 0, example = 1_204_431)]
    pub register_wh: i64,
}

/// A session to price: one of the past, or what might be read in one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"time_zone": "Asia/Tokyo", "registers": [
    {"at": "2026-11-20T13:00:00Z", "register_wh": 0}, {"at": "2026-11-20T15:00:00Z", "register_wh": 6000}]}))]
pub struct PreviewAsked {
    /// As it was metered, in its site's time zone; instead of everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// `Asia/Tokyo` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// In the order of time, within 48 hours; 2 to 3000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registers: Vec<RegisterRead>,
    /// How long the car was full.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub idle_minutes: i64,
}

/// Energy at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnergyAtPrice {
    /// The band; null where none holds.
    #[schema(required)]
    pub band: Option<String>,
    pub energy_milliyen_per_kwh: i64,
    pub energy_wh: i64,
}

/// What a session would cost by the version that held when it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    pub cost: SessionCost,
    pub energy: Vec<EnergyAtPrice>,
}

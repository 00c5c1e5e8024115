//! A reservation: an outlet that is held for a driver.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// Where a reservation is; all but `active` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    Active,
    /// Its driver has charged: the breaker was seen closed.
    Used,
    /// Nobody came, or its time was over.
    Expired,
    Cancelled,
}

/// An outlet that is held for a driver: nobody else starts there meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reservation {
    #[schema(example = "rsv_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub outlet_id: String,
    pub driver_id: String,
    pub state: ReservationState,
    pub from: Time,
    pub until: Time,
    /// When it is over unless the driver has started: `until`, or before if nobody comes.
    pub expires_at: Time,
    /// The session that has used it.
    #[schema(required)]
    pub session_id: Option<String>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// An outlet to hold.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"outlet_id": "out_01kab3y7kq8w4nd2fv6h9tr5ce", "driver_id": "resident-204-a",
    "until": "2026-12-01T09:00:00Z"}))]
pub struct NewReservation {
    pub outlet_id: String,
    #[schema(min_length = 1, max_length = 64)]
    pub driver_id: String,
    /// At most seven days ahead; now where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// At most 24 hours after `from`.
    pub until: Time,
    /// So long after `from` it is over if the driver has not started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 60, maximum = 86400, default = 900)]
    pub no_show_after_s: Option<u32>,
}

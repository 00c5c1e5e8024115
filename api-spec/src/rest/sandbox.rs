//! The sandbox: panels that are simulated, and what happens at them when asked for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Controller, Outlet};

/// A simulated panel to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSimulatedPanel {
    pub site_id: String,
    #[schema(min_length = 1, max_length = 100, example = "simulated panel")]
    pub name: String,
    /// Without cars.
    #[schema(minimum = 1, maximum = 8, example = 8)]
    pub outlets: u8,
    /// Cars and meters run this many times faster than life; 1 where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 600, example = 60)]
    pub speed: Option<u32>,
}

/// A simulated panel: a controller like any other, whose station id begins with `sim_`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SimulatedPanelCreated {
    #[serde(flatten)]
    pub controller: Controller,
    pub outlets: Vec<Outlet>,
}

/// What is to happen at a simulated outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({"what": "plug_in", "need_wh": 12000}))]
pub enum OutletHappening {
    /// A car comes. Without `need_wh` it never gets full.
    PlugIn {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 1)]
        need_wh: Option<i64>,
    },
    Unplug,
    /// The breaker opens by itself, and stays open.
    Trip,
    /// Somebody at the panel resets the trip.
    ResetTrip,
    /// The contacts never part again.
    Weld,
    /// A new breaker.
    Repair,
    /// The meter shows nothing that is a number.
    GarbleMeter,
    /// The meter is as it should be.
    MendMeter,
}

/// What is to happen to a whole simulated panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({"what": "go_offline"}))]
pub enum PanelHappening {
    /// Breakers open, and nothing in the panel answers its controller.
    CutPower,
    RestorePower,
    /// The controller is switched off.
    GoOffline,
    ComeOnline,
}

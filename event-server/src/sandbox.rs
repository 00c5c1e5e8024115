//! Simulated panels that answer to the API, where the program that starts the server brings them.

pub mod past;

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

pub use api_spec::rest::{OutletHappening, PanelHappening};

/// A panel to simulate, and the station that its controller is.
#[derive(Clone, Debug)]
pub struct Simulated {
    pub controller_id: String,
    pub station_id: String,
    pub password: String,
    /// 1 to 8.
    pub outlets: u8,
    pub speed: u32,
}

/// Whether the panel is a simulated one; `Err` says why it could not be done.
pub type Done = Pin<Box<dyn Future<Output = Result<bool, String>> + Send>>;

/// Simulates panels.
pub trait Sandbox: Debug + Send + Sync {
    fn make_panel(&self, panel: Simulated) -> Done;

    /// `number`: the outlet's place in its panel.
    fn at_outlet(&self, controller_id: &str, number: u8, happening: OutletHappening) -> Done;

    fn at_panel(&self, controller_id: &str, happening: PanelHappening) -> Done;
}

/// The sandbox, where there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot(pub(crate) Option<Arc<dyn Sandbox>>);

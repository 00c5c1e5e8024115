//! A building that residents charge in.

use serde_json::{Value, json};

use crate::browser::sign_in_client;
use crate::world::{Panel, World};

/// Whose roles these are, and which: as an access token says.
pub(crate) fn resident(site_id: &str, unit: &str) -> Value {
    json!({ "role": "resident", "site_id": site_id, "unit": unit })
}

/// A world whose pages people can sign in to, and a panel in it.
pub(crate) async fn world(change: impl FnOnce(&mut event_server::Config)) -> (World, Panel) {
    let world = World::start_with(|config| {
        config.console.sign_in = Some(sign_in_client());
        change(config);
    })
    .await;
    let panel = world.owner().panel(2).await;
    world.sql("UPDATE outlet_current SET breaker = 'open'");
    (world, panel)
}

/// The path behind an outlet's label.
pub(crate) fn label(panel: &Panel, index: usize) -> String {
    let code = panel.controller["outlets"][index]["public_code"]
        .as_str()
        .unwrap();
    format!("/o/{code}")
}

//! The demo's site: made by the API on the first start, found again in a kept directory.

use std::time::Duration;

use api_spec::token::{Scope, Scopes};
use domain::ids::MAX_OUTLETS;
use serde_json::{Value, json};

use super::api::{Api, list, text};
use super::folder::{Folder, TENANT, new_client};
use super::people::{RESIDENTS, Resident};

pub(super) const SITE_NAME: &str = "さくらコート";
/// What the breaker's circuit can carry in life, in W; simulated meters run `speed` times faster.
const MAX_POWER_W: u32 = 6_000;
const RATED_A: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Outlet {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) public_code: String,
}

pub(super) struct Site {
    pub(super) id: String,
    pub(super) controller_id: String,
    pub(super) station_id: String,
    pub(super) station_password: String,
    pub(super) outlets: Vec<Outlet>,
    /// Made by this start.
    pub(super) is_new: bool,
}

impl Site {
    pub(super) async fn provision(api: &Api, folder: &mut Folder, speed: u32) -> anyhow::Result<Self> {
        let memory = &folder.memory;
        if let (Some(controller), Some(password)) = (&memory.controller_id, &memory.station_password) {
            let controller = api.get(&format!("/v1/controllers/{controller}")).await?;
            return Self::found(api, &controller, password.clone()).await;
        }
        let site = json!({
            "name": SITE_NAME,
            "address": "東京都千代田区",
            "time_zone": "Asia/Tokyo",
            "energy_yen_per_kwh": 31,
            "contracted_demand_w": 49_000,
            "main_limit_ma": 250_000,
            "position": { "latitude": 35.681236, "longitude": 139.767125 },
        });
        let site_id = text(&api.post("/v1/sites", &site).await?, "id")?;
        let outlets: Vec<Value> = (1..=MAX_OUTLETS).map(|number| outlet(number, speed)).collect();
        let controller = json!({ "site_id": site_id, "name": "地下1階 分電盤", "outlets": outlets });
        let controller = api.post("/v1/controllers", &controller).await?;
        let password = text(&controller, "password")?;
        folder.memory.site_id = Some(site_id);
        folder.memory.controller_id = Some(text(&controller, "id")?);
        folder.memory.station_password = Some(password.clone());
        folder.save()?;
        let made = Self::found(api, &controller, password).await?;
        Ok(Self { is_new: true, ..made })
    }

    /// So that what they charge is counted for their units.
    pub(super) async fn write_down(&self, api: &Api, residents: &[Resident]) -> anyhow::Result<()> {
        for resident in residents {
            let path = format!("/v1/drivers/{}", resident.person_id);
            let driver = json!({ "name": resident.name, "unit": resident.unit, "sites": [self.id] });
            api.put(&path, &driver).await?;
        }
        Ok(())
    }

    async fn found(api: &Api, controller: &Value, station_password: String) -> anyhow::Result<Self> {
        let site_id = text(controller, "site_id")?;
        let found = api
            .get(&format!("/v1/outlets?site_id={site_id}&limit={MAX_OUTLETS}"))
            .await?;
        let outlets = list(&found).map(|outlet| {
            Ok(Outlet {
                id: text(outlet, "id")?,
                name: text(outlet, "name")?,
                public_code: text(outlet, "public_code")?,
            })
        });
        let outlets = outlets.collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self {
            id: site_id,
            controller_id: text(controller, "id")?,
            station_id: text(controller, "station_id")?,
            station_password,
            outlets,
            is_new: false,
        })
    }

    /// Waits until the controller has seen every breaker, and some seconds at most: what it tells until then is no news.
    pub(super) async fn until_seen(&self, api: &Api) -> anyhow::Result<()> {
        let looks = tokio::time::timeout(PATIENCE, async {
            for outlet in &self.outlets {
                let path = format!("/v1/outlets/{}", outlet.id);
                while !is_seen(&api.get(&path).await?) {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            Ok(())
        });
        looks.await.unwrap_or(Ok(()))
    }

    /// From outlet id to the name on its label.
    pub(super) fn outlet_names(&self) -> std::collections::HashMap<String, String> {
        self.outlets
            .iter()
            .map(|outlet| (outlet.id.clone(), outlet.name.clone()))
            .collect()
    }
}

/// Only whoever runs the server may: residents read at their outlets whom to turn to.
pub(super) async fn write_down_tenant(api: &Api, config: &auth_server::Config) -> anyhow::Result<()> {
    let scopes = Scopes::from_iter(Scope::TENANTS);
    let operator = new_client(config, "demo operator", scopes).await?;
    let tenant = json!({ "id": TENANT, "name": "さくら管理", "contact": "さくら管理 0120-000-000" });
    let api = Api::connect(&api.auth_base, &api.base, &operator).await?;
    api.post("/v1/tenants", &tenant).await?;
    Ok(())
}

fn is_seen(outlet: &Value) -> bool {
    let says = |key: &str, value: Value| outlet.get(key) == Some(&value);
    says("online", true.into()) && !says("breaker", "unknown".into()) && !says("fault", "unavailable".into())
}

/// Those of the residents belong to their units; the meter of the last one is not verified.
fn outlet(number: u8, speed: u32) -> Value {
    let resident = RESIDENTS.get(usize::from(number).saturating_sub(1));
    let is_verified = number < MAX_OUTLETS;
    json!({
        "number": number,
        "name": format!("A-{number}"),
        "rated_a": RATED_A,
        "max_power_w": MAX_POWER_W.saturating_mul(speed),
        "rise_threshold_ma": 14_000,
        "unit": resident.map(|(_, _, unit)| unit),
        "meter_class": if is_verified { "verified" } else { "indicative" },
        "meter_valid_until": is_verified.then_some("2033-03-31"),
    })
}

//! Hands at the demo's building: what a key does, and the line that tells it with what to expect.

use std::collections::BTreeSet;

use api_spec::rest::Time;
use domain::ids::{MAX_OUTLETS, OutletNumber};
use event_server::sandbox::{PanelHappening, Sandbox};
use foundation::Clock;
use serde_json::Value;

use super::api::{Api, list};
use super::folder::Client;
use super::keys::{HELP, Key};
use super::network::Network;
use crate::sandbox::Simulations;
use crate::simulator::SimulatedPanel;

/// More than this is no noise of a meter.
const CHARGES_MA: i64 = 1_000;

pub(super) struct Hands {
    pub(super) panel: SimulatedPanel,
    pub(super) simulations: Simulations,
    pub(super) network: Network,
    pub(super) controller_id: String,
    pub(super) site_id: String,
    /// Where the API is, and who asks it.
    pub(super) auth_base: String,
    pub(super) base: String,
    pub(super) client: Client,
    pub(super) state: State,
}

/// What the hands have done and not undone.
#[derive(Default)]
pub(super) struct State {
    power_is_cut: bool,
    is_killed: bool,
    /// The next key says where.
    welds_next: bool,
    welded: BTreeSet<OutletNumber>,
}

/// A session under way, as far as the server knows.
struct Charge {
    name: String,
    until: String,
}

impl Hands {
    /// Answers with what is to be told.
    pub(super) async fn press(&mut self, key: Key) -> String {
        let welds = std::mem::take(&mut self.state.welds_next);
        match key {
            Key::Car(outlet) if welds => self.weld(outlet),
            Key::Weld if welds => match self.charging() {
                Some(outlet) => self.weld(outlet),
                None => "nowhere does a car charge: press w and the number of an outlet".to_owned(),
            },
            Key::Weld => {
                self.state.welds_next = true;
                "which breaker? 1–8, or w again for where a car charges".to_owned()
            }
            Key::Car(outlet) => self.car(outlet).await,
            Key::Power => self.power().await,
            Key::Network => self.cut().await,
            Key::Controller => self.controller().await,
            Key::Help | Key::End => HELP.to_owned(),
        }
    }

    async fn car(&self, outlet: OutletNumber) -> String {
        let name = name(outlet);
        let charges = self.charges().await;
        let charge = charges.iter().find(|charge| charge.name == name);
        if self.panel.has_car(outlet) {
            self.panel.unplug(outlet);
            return match charge {
                Some(Charge { until, .. }) => {
                    format!(
                        "{name}: the car is gone — its charge pauses, and is over at {until} at the latest"
                    )
                }
                None => format!("{name}: the car is gone"),
            };
        }
        self.panel.plug_in(outlet, None);
        match charge {
            Some(Charge { until, .. }) => format!("{name}: a car is plugged in — it charges until {until}"),
            None => format!("{name}: a car is plugged in — it charges once somebody starts {name}"),
        }
    }

    async fn power(&mut self) -> String {
        let is_back = self.state.power_is_cut;
        let (happening, told) = match is_back {
            true => (
                PanelHappening::RestorePower,
                self.told("goes on, and stops", "no charge waits for it").await,
            ),
            false => (
                PanelHappening::CutPower,
                self.told("waits for it, and is over", "no charge runs").await,
            ),
        };
        if let Err(why) = self.simulations.at_panel(&self.controller_id, happening).await {
            return why;
        }
        self.state.power_is_cut = !is_back;
        match is_back {
            true => format!("power is back {} — {told}", now()),
            false => format!(
                "power cut {} — every breaker is open and no meter answers; {told}",
                now()
            ),
        }
    }

    async fn cut(&self) -> String {
        let told = self.told("will still stop", "nothing can be started until it is back");
        let (cut, told) = (!self.network.is_cut(), told.await);
        self.network.cut(cut);
        match cut {
            true => format!("network cut {} — {told}", now()),
            false => format!(
                "network is back {} — what has happened meanwhile is told in a moment",
                now()
            ),
        }
    }

    async fn controller(&mut self) -> String {
        if !self.state.is_killed {
            let stays = "stays on; a controller that is started by then stops it";
            let told = self.told(stays, "no charge runs").await;
            self.state.is_killed = self.simulations.kill(&self.controller_id).await;
            return format!("controller killed {} — {told}", now());
        }
        let started = self
            .simulations
            .at_panel(&self.controller_id, PanelHappening::ComeOnline);
        if let Err(why) = started.await {
            return why;
        }
        self.state.is_killed = false;
        let found = "is found as it was left, and stops";
        let told = self.told(found, "it finds every breaker as it is").await;
        format!("controller started {} — {told}", now())
    }

    fn weld(&mut self, outlet: OutletNumber) -> String {
        let name = name(outlet);
        if self.state.welded.remove(&outlet) {
            self.panel.repair(outlet);
            return format!(
                "{name}: the breaker is repaired — if it was out of order, POST /v1/outlets/…/fault-clearings lets it be used again"
            );
        }
        self.panel.weld(outlet);
        self.state.welded.insert(outlet);
        format!(
            "{name}: the contact is welded — at its next stop the current goes on, which is told as an alarm"
        )
    }

    /// The first outlet at which current flows.
    fn charging(&self) -> Option<OutletNumber> {
        let mut outlets = OutletNumber::first(MAX_OUTLETS);
        outlets.find(|outlet| self.panel.current_ma(*outlet) >= CHARGES_MA)
    }

    /// What becomes of the charges under way, each with its end; `none` where there are none.
    async fn told(&self, becomes: &str, none: &str) -> String {
        let charges = self.charges().await;
        let told = charges
            .iter()
            .map(|Charge { name, until }| format!("outlet {name} {becomes} at {until}"));
        match charges.is_empty() {
            true => none.to_owned(),
            false => told.collect::<Vec<_>>().join(", "),
        }
    }

    /// None, where the server cannot be asked.
    async fn charges(&self) -> Vec<Charge> {
        // Tokens do not last as long as demos.
        let outlets = async {
            let api = Api::connect(&self.auth_base, &self.base, &self.client).await?;
            api.get(&format!("/v1/outlets?site_id={}&limit=200", self.site_id))
                .await
        };
        match outlets.await {
            Ok(outlets) => list(&outlets).filter_map(charge).collect(),
            Err(error) => {
                tracing::warn!(%error, "the demo's server does not say what runs");
                Vec::new()
            }
        }
    }
}

fn charge(outlet: &Value) -> Option<Charge> {
    let text = |pointer: &str| outlet.pointer(pointer)?.as_str();
    Some(Charge {
        name: text("/name")?.to_owned(),
        until: moment(text("/session/limits/until")?, &today())?,
    })
}

/// The name on its label.
fn name(outlet: OutletNumber) -> String {
    format!("A-{outlet}")
}

/// `21:18:15`, and the day where it is another than `today`.
fn moment(at: &str, today: &str) -> Option<String> {
    let (day, clock) = (at.get(..10)?, at.get(11..19)?);
    Some(match day == today {
        true => clock.to_owned(),
        false => format!("{clock} on {day}"),
    })
}

/// As in the lines of events.
fn now() -> String {
    let now = Time(Clock::system().now_us()).to_string();
    now.get(11..19).unwrap_or_default().to_owned()
}

fn today() -> String {
    let now = Time(Clock::system().now_us()).to_string();
    now.get(..10).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_of_another_day_names_it() {
        let at = "2026-12-01T21:18:15Z";
        assert_eq!(moment(at, "2026-12-01").as_deref(), Some("21:18:15"));
        assert_eq!(
            moment(at, "2026-11-30").as_deref(),
            Some("21:18:15 on 2026-12-01")
        );
        assert_eq!(moment("soon", "2026-11-30"), None);
    }
}

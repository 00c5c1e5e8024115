//! From a panel file to a checked panel.

use super::file::PanelFile;
use super::meters::{Use, meter};
use super::{BusLine, Panel, Walked, limits, outlets, rules, units, wired};
use crate::modbus::library::Library;
use crate::modbus::plan::Plan;
use crate::modbus::{Fault, check_schema};

impl Panel {
    pub(super) fn resolve(file: PanelFile, library: &Library) -> Result<Self, Fault> {
        check_numbers(&file)?;
        let buses: Vec<BusLine> = file
            .bus
            .into_iter()
            .map(|(name, transport)| BusLine { name, transport })
            .collect();
        buses.iter().try_for_each(limits::check_bus)?;
        rules::buses_are_distinct(&buses)?;
        let wiring = units::units(&units::Parts {
            files: &file.unit,
            pinned: &file.pinned,
            buses: &buses,
            library,
        })?;
        rules::speeds_are_known(&buses, wiring.units.values())?;
        let mut outlets = outlets::outlets(&outlets::Parts {
            common: &file.outlets,
            own: &file.outlet,
            breakers: &file.breaker,
            wiring: &wiring,
        })?;
        rules::outputs_are_not_shared(&outlets)?;
        rules::sources_are_not_shared(&outlets)?;
        let main = file
            .main
            .map(|main| meter(&main.meter.into(), &wiring, Use::Main))
            .transpose();
        let main = main.map_err(|fault| fault.under("main"))?;
        for outlet in &mut outlets {
            outlet.wiring = wired::in_short(outlet, &buses);
            let walk = file.commissioned.as_ref();
            outlet.walked = walk.map_or(Walked::Never, |walk| {
                walk.walked(outlet.number.get(), &outlet.wiring)
            });
        }
        Ok(Self {
            name: file.panel,
            plan: Plan::of(&outlets, main.as_ref(), &buses)?,
            poll: file.poll,
            rules: file.rules,
            commissioned: file.commissioned,
            supply: file.supply,
            outlets,
            main,
            buses,
        })
    }
}

fn check_numbers(file: &PanelFile) -> Result<(), Fault> {
    check_schema(file.schema)?;
    limits::check_breakers(&file.breaker)?;
    limits::check_poll(&file.poll)?;
    limits::check_rules(&file.rules)?;
    limits::check_supply(&file.supply)?;
    file.commissioned
        .as_ref()
        .map_or(Ok(()), limits::check_commissioned)
}

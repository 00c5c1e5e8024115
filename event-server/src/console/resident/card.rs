//! What a page shows of an outlet: its name, what it is doing, its price.

use api_spec::rest::OutletState;

use super::super::place::Place;
use super::super::sentence::Reader;
use super::super::viewer::Viewer;
use super::super::visit::Visit;
use super::super::words::{ReportWords, ResidentWords};
use crate::operations::public_code;
use crate::store::name;

/// What is on the card of an outlet.
pub(super) struct Card {
    pub(super) code: String,
    pub(super) shown_code: String,
    pub(super) name: String,
    pub(super) site: String,
    pub(super) unit: Option<String>,
    /// Where to find it, and what that is called.
    pub(super) hint: Option<(&'static str, String)>,
    pub(super) state: String,
    pub(super) stage: &'static str,
    pub(super) sentence: String,
    pub(super) price: Option<String>,
    /// All that the tariff says.
    pub(super) tariff: Vec<(String, String)>,
    /// What the unit of energy means, where its meter is not verified.
    pub(super) unit_note: Option<&'static str>,
    pub(super) rating: String,
}

impl Card {
    pub(super) fn of(place: &Place, visit: &Visit) -> Self {
        let reader = place.reader(visit.viewer.as_ref());
        Self {
            shown_code: public_code::shown(&place.outlet.public_code),
            code: place.outlet.public_code.clone(),
            name: place.outlet.name.clone(),
            site: place.site.name.clone(),
            // Whose outlet it is, is for people of the building.
            unit: place.outlet.unit.clone().filter(|_| belongs(visit, place)),
            hint: place
                .outlet
                .place_hint
                .clone()
                .map(|hint| (ReportWords::of(visit.language).where_to_find, hint)),
            state: state(place, reader),
            stage: stage(place.outlet.state),
            sentence: place.sentence(reader, visit.language),
            price: place.price(visit.language),
            tariff: place.tariff(visit.language),
            unit_note: unit_note(place, visit),
            rating: place.rating(),
        }
    }
}

/// What can be done at an outlet depends on this alone.
pub(super) fn stage(state: OutletState) -> &'static str {
    match state {
        OutletState::Available => "free",
        OutletState::Starting
        | OutletState::Energized
        | OutletState::Charging
        | OutletState::Paused
        | OutletState::Stopping => "used",
        OutletState::Faulted | OutletState::Offline | OutletState::Disabled | OutletState::SwitchedOn => {
            "unusable"
        }
    }
}

/// The name that pictures are coloured by: what a neighbour's charge is doing is not told, not even so.
pub(super) fn state(place: &Place, reader: Reader<'_>) -> String {
    match reader.finds_in_use(&place.outlet) {
        true => "in_use".to_owned(),
        false => name(place.outlet.state),
    }
}

fn belongs(visit: &Visit, place: &Place) -> bool {
    let is_of = |viewer: &&Viewer| {
        viewer.tenant_id == place.site.tenant_id && viewer.role_at(&place.site.id).is_some()
    };
    visit.viewer.as_ref().filter(is_of).is_some()
}

fn unit_note(place: &Place, visit: &Visit) -> Option<&'static str> {
    let is_told = place.pricing.is_some() && !place.is_verified();
    is_told.then_some(ResidentWords::of(visit.language).equivalent_note)
}

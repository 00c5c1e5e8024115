//! Judges a story by what was true in the house and by what the server was told, in integers of its own.

mod answers;
mod breakers;
mod causes;
mod charges;
mod ends;
mod energy;
mod findings;
mod locks;
mod plant;
mod reports;
mod troubles;

use std::collections::BTreeMap;

pub use charges::{Charge, charges};
pub use findings::{FLOORS, Findings};

use crate::Ms;
use crate::fate::House;
use crate::history::{Entry, Fact, Plant as Event};
use crate::plant::Circuit;
use locks::Lock;
use troubles::Troubles;

/// What the plant knows of itself when the story is over.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub house: House,
    pub circuits: Vec<Circuit>,
    pub length: Ms,
}

/// What a part of the checker looks at.
struct Case<'a> {
    evidence: &'a Evidence,
    entries: &'a [Entry],
    charges: &'a [Charge],
    troubles: &'a Troubles,
    /// What the plant did, by outlet.
    events: BTreeMap<u8, Vec<(Ms, &'a Event)>>,
    locks: Vec<Lock>,
    /// When all troubles end.
    settling: Ms,
}

/// Every violation, with the check that found it, and how often each check has judged.
pub fn check(evidence: &Evidence, entries: &[Entry]) -> Findings {
    let (charges, troubles) = (charges(entries), Troubles::of(evidence, entries));
    let mut events: BTreeMap<u8, Vec<(Ms, &Event)>> = BTreeMap::new();
    for entry in entries {
        if let Fact::Plant(outlet, event) = &entry.fact {
            events.entry(*outlet).or_default().push((entry.at, event));
        }
    }
    let settling = entries.iter().find(|entry| entry.fact == Fact::Settling);
    let mut case = Case {
        evidence,
        entries,
        charges: &charges,
        troubles: &troubles,
        events,
        locks: Vec::new(),
        settling: settling.map_or(evidence.length, |entry| entry.at),
    };
    case.locks = locks::of(&case);
    let mut found = Findings::default();
    for entry in entries {
        if let Fact::Panicked(message) = &entry.fact {
            found.demand("the program runs", false, entry.at, || message.clone());
        }
    }
    reports::check(&case, &mut found);
    answers::check(&case, &mut found);
    ends::check(&case, &mut found);
    causes::check(&case, &mut found);
    breakers::check(&case, &mut found);
    locks::check(&case, &mut found);
    energy::check(&case, &mut found);
    found
}

impl Case<'_> {
    fn outlets(&self) -> std::ops::RangeInclusive<u8> {
        1..=u8::try_from(self.evidence.house.outlets).unwrap()
    }

    fn circuit(&self, outlet: u8) -> &Circuit {
        &self.evidence.circuits[usize::from(outlet) - 1]
    }

    /// When the outlet's next charge was asked for, if it ever was one.
    fn next_asked(&self, charge: &Charge) -> Option<Ms> {
        let next = self
            .charges
            .iter()
            .find(|other| other.outlet == charge.outlet && other.id > charge.id && other.exists());
        next.map(|other| other.asked_at)
    }
}

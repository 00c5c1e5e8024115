//! Judges a story by what was true in the house and by what the server was told, in integers of its own.

mod breakers;
mod charges;
mod ends;
mod energy;
mod reports;
mod troubles;

pub use charges::{Charge, charges};

use crate::Ms;
use crate::fate::House;
use crate::history::{Entry, Fact, Plant as Event};
use crate::plant::Circuit;
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
}

/// Every violation, with the invariant it breaks; empty where all is well.
pub fn check(evidence: &Evidence, entries: &[Entry]) -> Vec<String> {
    let (charges, troubles) = (charges(entries), Troubles::of(evidence, entries));
    let case = Case {
        evidence,
        entries,
        charges: &charges,
        troubles: &troubles,
    };
    let mut found = Vec::new();
    for entry in entries {
        if let Fact::Panicked(message) = &entry.fact {
            found.push(violation("the program runs", entry.at, message));
        }
    }
    reports::check(&case, &mut found);
    ends::check(&case, &mut found);
    breakers::check(&case, &mut found);
    energy::check(&case, &mut found);
    found
}

fn violation(invariant: &str, at: Ms, what: &str) -> String {
    format!(
        "{invariant}, at {}:{:02}.{:03}: {what}",
        at / 60_000,
        at / 1000 % 60,
        at % 1000
    )
}

impl<'a> Case<'a> {
    /// What the plant did at an outlet.
    fn plant(&self, outlet: u8) -> impl Iterator<Item = (Ms, &'a Event)> {
        self.entries.iter().filter_map(move |entry| match &entry.fact {
            Fact::Plant(number, event) if *number == outlet => Some((entry.at, event)),
            _ => None,
        })
    }

    /// Whether the main contact was closed at a moment, after everything that happened in it.
    fn is_closed(&self, outlet: u8, at: Ms) -> bool {
        let moves = self.plant(outlet).take_while(|(moment, _)| *moment <= at);
        let closed = moves.filter_map(|(_, event)| match event {
            Event::Contact { closed, .. } => Some(*closed),
            _ => None,
        });
        closed.last().unwrap_or(false)
    }

    fn circuit(&self, outlet: u8) -> &'a Circuit {
        &self.evidence.circuits[usize::from(outlet) - 1]
    }
}

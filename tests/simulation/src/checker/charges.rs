//! The charges of a story, as the server asked for them and heard of them.

use crate::Ms;
use crate::history::{Answer, Entry, Fact, Heard, Told, Wish};

/// A request to start, and everything that was heard of what became of it.
#[derive(Clone, Debug, Default)]
pub struct Charge {
    pub id: i64,
    pub outlet: u8,
    pub asked_at: Ms,
    pub wish: Wish,
    /// The same request, asked again.
    pub repeated: Vec<Ms>,
    pub answers: Vec<(Ms, Answer)>,
    pub transactions: Vec<String>,
    pub stops_asked: Vec<Ms>,
    pub stops: Vec<(Ms, Answer)>,
    /// With whether the server has answered it.
    pub told: Vec<(Ms, Told, bool)>,
}

impl Charge {
    pub fn accepted_at(&self) -> Option<Ms> {
        let accepted = self
            .answers
            .iter()
            .find(|(_, answer)| matches!(answer, Answer::Accepted(_)));
        accepted.map(|(at, _)| *at)
    }

    /// Whether the controller has ever said that this charge is there.
    pub fn exists(&self) -> bool {
        self.accepted_at().is_some() || !self.told.is_empty()
    }

    pub fn stopped_at(&self) -> Option<Ms> {
        let accepted = self
            .stops
            .iter()
            .find(|(_, answer)| matches!(answer, Answer::Accepted(_)));
        accepted.map(|(at, _)| *at)
    }

    /// When its end was first told of, heard in full or not.
    pub fn ended_at(&self) -> Option<Ms> {
        let ended = self.told.iter().find(|(_, told, _)| told.kind == "Ended");
        ended.map(|(at, _, _)| *at)
    }

    /// Why it ended, as the controller says.
    pub fn reason(&self) -> Option<&str> {
        self.acknowledged("Ended")?.1.reason.as_deref()
    }

    /// Told and answered, each once, in the order in which the server first had them.
    pub fn acknowledged(&self, kind: &str) -> Option<&(Ms, Told, bool)> {
        self.told
            .iter()
            .find(|(_, told, acknowledged)| *acknowledged && told.kind == kind)
    }

    pub fn name(&self) -> String {
        format!("start {} on outlet {}", self.id, self.outlet)
    }
}

/// In the order in which they were asked for.
pub fn charges(entries: &[Entry]) -> Vec<Charge> {
    let mut charges: Vec<Charge> = Vec::new();
    for entry in entries {
        match &entry.fact {
            Fact::StartAsked { outlet, id, wish } => charges.push(Charge {
                id: *id,
                outlet: *outlet,
                asked_at: entry.at,
                wish: *wish,
                ..Charge::default()
            }),
            Fact::StartRepeated { id } => {
                if let Some(charge) = charges.iter_mut().find(|charge| charge.id == *id) {
                    charge.repeated.push(entry.at);
                }
            }
            Fact::StartAnswered { id, answer } => {
                if let Some(charge) = charges.iter_mut().find(|charge| charge.id == *id) {
                    if let Answer::Accepted(transaction) = answer {
                        charge.names(transaction);
                    }
                    charge.answers.push((entry.at, answer.clone()));
                }
            }
            Fact::StopAsked { transaction } => {
                if let Some(charge) = of_transaction(&mut charges, transaction) {
                    charge.stops_asked.push(entry.at);
                }
            }
            Fact::StopAnswered { transaction, answer } => {
                if let Some(charge) = of_transaction(&mut charges, transaction) {
                    charge.stops.push((entry.at, answer.clone()));
                }
            }
            Fact::Heard {
                heard: Heard::Transaction(told),
                acknowledged,
            } => {
                if let Some(charge) = charges
                    .iter_mut()
                    .find(|charge| Some(charge.id) == told.remote_start)
                {
                    charge.names(&told.transaction);
                }
                if let Some(charge) = of_transaction(&mut charges, &told.transaction) {
                    charge.told.push((entry.at, told.clone(), *acknowledged));
                }
            }
            _ => {}
        }
    }
    charges
}

fn of_transaction<'a>(charges: &'a mut [Charge], transaction: &String) -> Option<&'a mut Charge> {
    charges
        .iter_mut()
        .find(|charge| charge.transactions.contains(transaction))
}

impl Charge {
    fn names(&mut self, transaction: &String) {
        if !self.transactions.contains(transaction) {
            self.transactions.push(transaction.clone());
        }
    }
}

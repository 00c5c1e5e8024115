//! What the writer does, and what must be on the disk after each act; knows nothing of how the store does it.

use std::collections::BTreeMap;

use domain::outlet::{Outlet, Settings};
use outlet_controller::Store;
use outlet_controller::store::{Answered, FIRST_SAMPLE, Message, OutletRow, Rank, Step, StoreError};

use crate::random::Random;

/// One call of the store.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Write(Step),
    Delivered(Answered),
    Refused { id: i64, set_aside: bool },
}

/// What can be read of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// By outlet: the number of its next message, and a text of its row.
    rows: BTreeMap<u8, (i64, String)>,
    next_event_id: i64,
    /// By id: payload and refusals.
    messages: BTreeMap<i64, (String, i32)>,
    set_aside: i64,
}

/// Acts that a seed decides, and the state after the last one.
#[derive(Debug)]
pub(super) struct Model {
    random: Random,
    state: State,
    next_report: i64,
    next_sample: i64,
    event_id: i64,
}

impl Model {
    pub(super) fn new(seed: u64) -> Self {
        let state = State {
            rows: BTreeMap::new(),
            next_event_id: 1,
            messages: BTreeMap::new(),
            set_aside: 0,
        };
        Self {
            random: Random::new(seed),
            state,
            next_report: 1,
            next_sample: FIRST_SAMPLE,
            event_id: 1,
        }
    }

    /// The states before the first act and after each.
    pub(super) fn states(seed: u64, acts: usize) -> Vec<State> {
        let mut model = Self::new(seed);
        let mut states = vec![model.state.clone()];
        for _ in 0..acts {
            model.next_act();
            states.push(model.state.clone());
        }
        states
    }

    pub(super) fn next_act(&mut self) -> Act {
        match self.random.below(10) {
            0..3 if !self.state.messages.is_empty() => self.deliver(),
            3 if !self.state.messages.is_empty() => self.refuse(),
            _ => Act::Write(self.step()),
        }
    }

    fn step(&mut self) -> Step {
        let outlets = (1..=8).filter(|_| self.random.percent(40)).collect::<Vec<u8>>();
        let outlets = outlets.into_iter().map(|number| self.row(number)).collect();
        let count = self.random.below(14);
        let messages: Vec<Message> = (0..count).map(|_| self.message()).collect();
        self.event_id += 3;
        if !messages.is_empty() {
            self.state.next_event_id = self.event_id;
        }
        // Ids rise by rank, in the order of the step.
        for message in &messages {
            let next = match message.rank {
                Rank::Report => &mut self.next_report,
                Rank::Sample => &mut self.next_sample,
            };
            self.state.messages.insert(*next, (message.payload.clone(), 0));
            *next += 1;
        }
        Step {
            outlets,
            messages,
            next_event_id: self.event_id,
            ..Step::default()
        }
    }

    fn row(&mut self, number: u8) -> OutletRow {
        let (seq_no, boot_id) = (self.random.below(1_000) as i64, self.text(60));
        self.state.rows.insert(number, (seq_no, boot_id.clone()));
        OutletRow {
            number,
            saved: Outlet::new(Settings::default()).saved(),
            boot_id,
            seq_no,
            last_start: None,
        }
    }

    fn message(&mut self) -> Message {
        let rank = if self.random.percent(50) {
            Rank::Report
        } else {
            Rank::Sample
        };
        Message {
            rank,
            action: "MeterValues",
            payload: format!("\"{}\"", self.text(1_500)),
            created_us: self.random.below(1_000_000) as i64,
        }
    }

    /// Text that cannot be packed much smaller.
    fn text(&mut self, longest: usize) -> String {
        let words = 1 + self.random.below(longest / 16);
        (0..words)
            .map(|_| format!("{:016x}", self.random.any()))
            .collect()
    }

    /// Up to some place among those that are next, reports before samples.
    fn deliver(&mut self) -> Act {
        let count = 1 + self.random.below(self.state.messages.len().min(30));
        let mut answered = Answered::default();
        let gone: Vec<i64> = self.state.messages.keys().copied().take(count).collect();
        for id in gone {
            self.state.messages.remove(&id);
            answered.add(id);
        }
        Act::Delivered(answered)
    }

    fn refuse(&mut self) -> Act {
        let set_aside = self.random.percent(50);
        let id = self.state.messages.keys().next().copied().unwrap_or_default();
        if set_aside {
            self.state.messages.remove(&id);
            self.state.set_aside += 1;
        } else if let Some((_, refusals)) = self.state.messages.get_mut(&id) {
            *refusals += 1;
        }
        Act::Refused { id, set_aside }
    }
}

impl State {
    pub(super) async fn of(store: &Store) -> Result<Self, StoreError> {
        let found = store.load().await?;
        let rows = found.outlets.into_iter();
        let mut answered = Answered::default();
        let mut messages = BTreeMap::new();
        while let Some(entry) = store.oldest(answered).await? {
            answered.add(entry.id);
            messages.insert(entry.id, (entry.payload, entry.refusals));
        }
        Ok(Self {
            rows: rows.map(|row| (row.number, (row.seq_no, row.boot_id))).collect(),
            next_event_id: found.next_event_id,
            messages,
            set_aside: store.depth().await?.set_aside,
        })
    }
}

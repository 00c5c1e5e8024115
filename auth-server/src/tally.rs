//! What happens too often for an audit entry each, counted until the next one is written.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::audit::{Actor, Entry};

/// How many different entries are counted at a time. What is beyond is counted without who it was, so that made-up
/// names cannot fill the memory.
const MAX_KINDS: usize = 1000;

#[derive(Default)]
pub(crate) struct Tally(Mutex<HashMap<Entry, u64>>);

impl Tally {
    pub(crate) fn count(&self, entry: Entry) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&entry) {
            *count += 1;
            return;
        }
        let key = if counts.len() < MAX_KINDS {
            entry
        } else {
            Entry {
                actor: Actor::Stranger,
                client_id: None,
                station_id: None,
                source: None,
                ..entry
            }
        };
        *counts.entry(key).or_default() += 1;
    }

    /// What was counted since the last time, each with its `count`.
    pub(crate) fn take(&self) -> Vec<Entry> {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let counted = counts.into_iter().map(|(entry, count)| Entry {
            count: Some(count),
            ..entry
        });
        counted.collect()
    }

    /// Puts back what could not be written.
    pub(crate) fn put_back(&self, entries: Vec<Entry>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            let count = entry.count.unwrap_or(0);
            let kind = Entry { count: None, ..entry };
            *counts.entry(kind).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Event;

    fn refused(client_id: &str) -> Entry {
        let actor = Actor::Client(client_id.to_owned());
        Entry::failure(Event::ClientAuthentication, actor, "wrong secret").client(client_id)
    }

    #[test]
    fn alike_are_counted_together_and_put_back_whole() {
        let tally = Tally::default();
        for id in ["a", "a", "b"] {
            tally.count(refused(id));
        }
        let taken = tally.take();
        tally.count(refused("a"));
        tally.put_back(taken);
        let counts: HashMap<Option<String>, Option<u64>> = tally
            .take()
            .into_iter()
            .map(|entry| (entry.client_id, entry.count))
            .collect();
        let expected = [(Some("a".into()), Some(3)), (Some("b".into()), Some(1))];
        assert_eq!(counts, HashMap::from(expected));
    }

    #[test]
    fn made_up_names_do_not_fill_the_memory() {
        let tally = Tally::default();
        for n in 0..MAX_KINDS + 500 {
            tally.count(refused(&n.to_string()));
        }
        let taken = tally.take();
        assert_eq!(taken.len(), MAX_KINDS + 1);
        assert_eq!(
            taken.iter().filter_map(|entry| entry.count).sum::<u64>(),
            MAX_KINDS as u64 + 500
        );
    }
}

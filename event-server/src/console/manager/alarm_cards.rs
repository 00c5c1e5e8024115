//! Alarms that one cause has opened at several outlets of a panel at once, as one.

/// What happens to a panel reaches its outlets one after the other.
const TOGETHER_US: i64 = 120 * 1_000_000;

/// One alarm, in words.
#[derive(Default)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) controller_id: String,
    /// Not the panel itself, or its main circuit.
    pub(super) is_outlet: bool,
    pub(super) place: String,
    pub(super) what: &'static str,
    pub(super) to_do: &'static str,
    pub(super) cause: Option<String>,
    pub(super) is_critical: bool,
    pub(super) is_open: bool,
    pub(super) opened_us: i64,
    pub(super) opened: String,
    pub(super) closed: Option<String>,
    pub(super) by: Option<String>,
    pub(super) note: Option<String>,
    pub(super) charge: Option<String>,
    /// The way to clear the fault.
    pub(super) clear: Option<String>,
    /// What people have said of it.
    pub(super) reports: Vec<String>,
}

/// One alarm, or several that say the same.
pub(super) struct Card {
    pub(super) line: Line,
    pub(super) also: Vec<Line>,
}

impl Card {
    /// `Panel, A-1, A-2`: the panel first, then `A-9` before `A-10`.
    pub(super) fn places(&self) -> String {
        let mut all: Vec<&Line> = self.lines().collect();
        all.sort_by_key(|line| (line.is_outlet, line.place.chars().count(), &line.place));
        let all: Vec<&str> = all.iter().map(|line| line.place.as_str()).collect();
        all.join(", ")
    }

    /// The ids of the others, for a form.
    pub(super) fn also_ids(&self) -> String {
        let ids: Vec<&str> = self.also.iter().map(|line| line.id.as_str()).collect();
        ids.join(",")
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        std::iter::once(&self.line).chain(&self.also)
    }

    fn takes_in(&self, line: &Line) -> bool {
        let first = &self.line;
        // What people have reported is looked after one by one.
        let is_told_by_people = !first.reports.is_empty() || !line.reports.is_empty();
        let says_the_same = (&first.controller_id, first.what, &first.cause)
            == (&line.controller_id, line.what, &line.cause)
            && (first.is_open, &first.by, &first.note) == (line.is_open, &line.by, &line.note);
        says_the_same
            && first.closed == line.closed
            && !is_told_by_people
            && first.opened_us.abs_diff(line.opened_us) <= TOGETHER_US.unsigned_abs()
    }
}

/// In the order of the first of each.
pub(super) fn cards(lines: impl IntoIterator<Item = Line>) -> Vec<Card> {
    let mut cards: Vec<Card> = Vec::new();
    for line in lines {
        match cards.iter_mut().find(|card| card.takes_in(&line)) {
            Some(card) => card.also.push(line),
            None => cards.push(Card {
                line,
                also: Vec::new(),
            }),
        }
    }
    cards
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, controller_id: &str, opened_s: i64) -> Line {
        Line {
            id: id.into(),
            controller_id: controller_id.into(),
            is_outlet: true,
            place: id.to_uppercase(),
            what: "The meter does not answer.",
            opened_us: opened_s * 1_000_000,
            ..Line::default()
        }
    }

    fn told(cards: &[Card]) -> Vec<(String, String)> {
        cards
            .iter()
            .map(|card| (card.places(), card.also_ids()))
            .collect()
    }

    #[test]
    fn alarms_of_one_panel_and_moment_that_say_the_same_are_one_card() {
        let lines = [
            line("a1", "one", 0),
            line("b1", "two", 0),
            line("a2", "one", 120),
            line("a3", "one", 121),
        ];
        let expected = [("A1, A2", "a2"), ("B1", ""), ("A3", "")];
        let expected = expected.map(|(places, also)| (places.to_owned(), also.to_owned()));
        assert_eq!(told(&cards(lines)), expected);
    }

    #[test]
    fn places_are_told_in_their_order_whichever_fell_silent_first() {
        let panel = Line {
            is_outlet: false,
            place: "地下1階 分電盤".into(),
            ..line("p", "one", 3)
        };
        let all = cards([
            line("a10", "one", 0),
            line("a2", "one", 1),
            panel,
            line("a1", "one", 2),
        ]);
        assert_eq!(all[0].places(), "地下1階 分電盤, A1, A2, A10");
    }

    #[test]
    fn what_differs_in_anything_but_its_place_stands_alone() {
        let other_kind = Line {
            what: "The breaker has tripped.",
            ..line("a2", "one", 0)
        };
        let looked_after = Line {
            by: Some("Sato".into()),
            ..line("a3", "one", 0)
        };
        let reported = Line {
            reports: vec!["It smells".into()],
            ..line("a4", "one", 0)
        };
        let all = cards([line("a1", "one", 0), other_kind, looked_after, reported]);
        assert!(all.iter().all(|card| card.also.is_empty()));
        assert_eq!(all.len(), 4);
    }
}

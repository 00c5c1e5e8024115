//! When to look next: the fast rhythm, each full minute, deadlines, and at once where a breaker is moving.

use std::time::Duration;

use domain::ids::OutletNumber;
use domain::outlet::{Outlet, State};
use domain::panel::Panel;
use domain::units::{Millis, Now, Tick, Timestamp};

use super::Form;
use super::ledger::Samples;
use super::see::{Close, Kind, Look, ReadMeter, Seen};
use crate::modbus::panel::Panel as Wiring;

/// Between two looks at a breaker that is moving.
const HURRY: Millis = Millis(4);
/// The same after something did not answer.
const HURRY_AFTER_FAILURE: Millis = Millis(200);
const MINUTE_US: i64 = 60_000_000;

/// The rhythm of the control loop.
#[derive(Debug)]
pub(super) struct Pace {
    fast: Millis,
    begun: bool,
    /// The looks under way.
    under_way: Vec<Kind>,
    next_look: Tick,
    /// The wall-clock minute of the last scan.
    minute: i64,
    /// The last look at moving breakers alone.
    closely_at: Tick,
    hurry: Millis,
    /// What somebody has asked for, each once.
    requested: Vec<(Option<OutletNumber>, Form)>,
    scan: Scan,
    /// The breakers were looked at; their currents, and the meters through which something may flow, were not since.
    currents_due: bool,
    meters_due: bool,
}

/// A scan begins with a look at the breakers, which no meter delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scan {
    None,
    /// The look under way is its beginning.
    Begun(Samples),
    /// The meters are to be read.
    Seen(Samples),
}

impl Pace {
    pub(super) fn new(wiring: &Wiring, now: Now) -> Self {
        Self {
            fast: Millis(wiring.poll.fast_ms),
            begun: false,
            under_way: Vec::new(),
            next_look: now.tick,
            minute: minute_of(now.wall),
            closely_at: Tick(0),
            hurry: HURRY,
            requested: Vec::new(),
            scan: Scan::None,
            currents_due: false,
            meters_due: false,
        }
    }

    /// A look that is to be begun now, beside those that are under way.
    pub(super) fn due(&self, panel: &Panel, now: Now) -> Option<Look> {
        if !self.begun {
            return self.is_free(Kind::Contacts).then_some(Look::First);
        }
        let scans = self.scan == Scan::None && self.scan_due(now).is_some();
        if self.is_free(Kind::Contacts) && (now.tick >= self.next_look || scans) {
            return Some(Look::All);
        }
        if self.currents_due && self.is_free(Kind::Currents) {
            return Some(Look::Currents);
        }
        if self.is_free(Kind::Meters)
            && let Some(look) = self.meters_due(panel)
        {
            return Some(look);
        }
        let may = self.is_free(Kind::Closely) && now.tick.since(self.closely_at) >= self.hurry;
        let hurried = Self::hurried(panel, now.tick);
        (may && !hurried.is_empty()).then_some(Look::Closely(hurried))
    }

    fn meters_due(&self, panel: &Panel) -> Option<Look> {
        if let Scan::Seen(samples) = self.scan {
            return Some(Look::Scan(samples));
        }
        let requested = self.requested.iter();
        if let Some((number, form)) = requested
            .filter_map(|(number, form)| Some((*number.as_ref()?, form)))
            .next()
        {
            return Some(Look::Requested(number, *form));
        }
        let flows = panel.outlets().filter(|(_, outlet)| outlet.needs_meter());
        let flowing: Vec<_> = flows.map(|(number, _)| number).collect();
        (self.meters_due && !flowing.is_empty()).then_some(Look::Meters(flowing))
    }

    /// The samples for which everything is to be read. A stepped wall clock begins a minute too.
    fn scan_due(&self, now: Now) -> Option<Samples> {
        if minute_of(now.wall) != self.minute {
            return Some(Samples::Minute);
        }
        let mut requested = self.requested.iter();
        let all = requested.find(|(outlet, _)| outlet.is_none());
        all.map(|(_, form)| Samples::AllRequested(*form))
    }

    fn is_free(&self, kind: Kind) -> bool {
        !self.under_way.contains(&kind)
    }

    /// The rhythm counts from the beginning of a look, however long it takes.
    pub(super) fn begins(&mut self, look: &Look, now: Now) {
        self.under_way.push(look.kind());
        match look {
            Look::First => self.next_look = now.tick.after(self.fast),
            Look::All => {
                self.next_look = now.tick.after(self.fast);
                self.currents_due = true;
                if self.scan == Scan::None {
                    self.scan = self.scan_due(now).map_or(Scan::None, Scan::Begun);
                }
            }
            Look::Currents => self.currents_due = false,
            Look::Meters(_) | Look::Scan(_) => self.meters_due = false,
            Look::Closely(_) | Look::Requested(..) => {}
        }
    }

    /// Asks for a look; the answer to a request that waits already serves this one too.
    pub(super) fn request(&mut self, outlet: Option<OutletNumber>, form: Form) {
        if !self.requested.contains(&(outlet, form)) {
            self.requested.push((outlet, form));
        }
    }

    pub(super) fn looked(&mut self, seen: &Seen, now: Now) {
        self.under_way.retain(|kind| Some(*kind) != seen.kind);
        match seen.kind {
            Some(Kind::Contacts) => {
                self.begun = true;
                self.meters_due = true;
                if let Scan::Begun(samples) = self.scan {
                    self.scan = Scan::Seen(samples);
                }
            }
            Some(Kind::Closely) => {
                self.closely_at = now.tick;
                self.answered(!seen.silent);
            }
            Some(Kind::Currents | Kind::Meters) | None => {}
        }
        match seen.samples {
            Samples::None => return,
            Samples::Minute => self.minute = minute_of(now.wall),
            Samples::Requested(outlet, form) => {
                self.requested.retain(|asked| *asked != (Some(outlet), form));
                return;
            }
            Samples::AllRequested(form) => self.requested.retain(|asked| *asked != (None, form)),
        }
        self.scan = Scan::None;
    }

    /// Whether all answered: if not, a moving breaker is looked at less often.
    pub(super) fn answered(&mut self, all: bool) {
        self.hurry = if all { HURRY } else { HURRY_AFTER_FAILURE };
    }

    /// The outlets that cannot wait for the next look at all of them.
    fn hurried(panel: &Panel, now: Tick) -> Vec<Close> {
        let outlets = panel.outlets();
        let hurried = outlets.filter(|(_, outlet)| outlet.needs_close_look(now));
        hurried
            .map(|(number, outlet)| Close {
                number,
                meter: meter_beside(outlet),
            })
            .collect()
    }

    /// How long nothing needs to be looked at that is not looked at already.
    pub(super) fn wait(&self, panel: &Panel, now: Now) -> Duration {
        let mut wait = self.fast;
        if self.is_free(Kind::Contacts) {
            wait = wait
                .min(self.next_look.since(now.tick))
                .min(until_next_minute(now.wall));
        }
        let closing = panel.next_closing(now.tick);
        for next in [panel.next_deadline(), closing, panel.next_second_look(now.tick)] {
            wait = next.map_or(wait, |next| wait.min(next.since(now.tick)));
        }
        if self.begun && self.is_free(Kind::Closely) && !Self::hurried(panel, now.tick).is_empty() {
            wait = wait.min(self.closely_at.after(self.hurry).since(now.tick));
        }
        Duration::from_millis(wait.0)
    }
}

/// A breaker that has opened at the end of a charge is looked at with its meter, and one whose current is in doubt.
fn meter_beside(outlet: &Outlet) -> ReadMeter {
    if outlet.doubts_current() {
        ReadMeter::Always
    } else if matches!(outlet.state(), State::Stopping { .. }) {
        ReadMeter::WhenOpen
    } else {
        ReadMeter::Never
    }
}

fn minute_of(wall: Timestamp) -> i64 {
    wall.0.div_euclid(MINUTE_US)
}

fn until_next_minute(wall: Timestamp) -> Millis {
    let left_us = MINUTE_US - wall.0.rem_euclid(MINUTE_US);
    Millis(u64::try_from(left_us).unwrap_or(0).div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use domain::outlet::{Outlet, Settings};

    use super::*;
    use crate::modbus::library::{Library, shipped_panel};

    const WALL_US: i64 = 1_800_000_000_000_000;

    fn at(tick_ms: u64) -> Now {
        Now {
            tick: Tick(tick_ms),
            wall: Timestamp(WALL_US + i64::try_from(tick_ms).unwrap() * 1000),
        }
    }

    /// In the rhythm of one second, with two outlets of which nothing is known.
    fn begun() -> (Pace, Panel) {
        let text = shipped_panel("waveshare-sdm120-tcp.toml").unwrap();
        let wiring = Wiring::parse(Path::new("panel"), &text, &Library::shipped().unwrap()).unwrap();
        let panel = Panel::new(vec![Outlet::new(Settings::default()); 2]);
        let mut pace = Pace::new(&wiring, at(0));
        assert_eq!(pace.due(&panel, at(0)), Some(Look::First));
        pace.begins(&Look::First, at(0));
        assert_eq!(pace.due(&panel, at(5_000)), None, "one at a time");
        pace.looked(&seen(Kind::Contacts, Samples::None), at(300));
        (pace, panel)
    }

    fn seen(kind: Kind, samples: Samples) -> Seen {
        Seen {
            kind: Some(kind),
            samples,
            ..Seen::default()
        }
    }

    /// The currents are read with each look at the breakers, and before anything else.
    fn see_currents(pace: &mut Pace, panel: &Panel, now: Now) {
        assert_eq!(pace.due(panel, now), Some(Look::Currents));
        pace.begins(&Look::Currents, now);
        pace.looked(&seen(Kind::Currents, Samples::None), now);
    }

    fn meters() -> Look {
        Look::Meters(OutletNumber::first(2).collect())
    }

    #[test]
    fn the_rhythm_counts_from_the_beginning_of_a_look_and_waits_for_no_meter() {
        let (mut pace, panel) = begun();
        assert_eq!(pace.due(&panel, at(300)), Some(meters()));
        pace.begins(&meters(), at(300));
        assert_eq!(pace.due(&panel, at(999)), None);
        assert_eq!(pace.wait(&panel, at(990)), Duration::from_millis(10));
        for second in 1..5 {
            let now = at(second * 1_000);
            assert_eq!(
                pace.due(&panel, now),
                Some(Look::All),
                "the meters are still being read"
            );
            pace.begins(&Look::All, now);
            if second == 1 {
                // From now on the currents are late.
                assert_eq!(pace.due(&panel, now), Some(Look::Currents));
                pace.begins(&Look::Currents, now);
            }
            pace.looked(&seen(Kind::Contacts, Samples::None), at(second * 1_000 + 600));
            assert_eq!(pace.due(&panel, at(second * 1_000 + 600)), None);
        }
        pace.looked(&seen(Kind::Meters, Samples::None), at(4_700));
        assert_eq!(pace.due(&panel, at(4_700)), Some(meters()));
    }

    #[test]
    fn a_minute_begins_with_a_look_at_the_breakers_and_is_scanned_once() {
        let (mut pace, panel) = begun();
        pace.begins(&meters(), at(300));
        pace.begins(&Look::All, at(59_900));
        see_currents(&mut pace, &panel, at(59_950));
        assert_eq!(pace.due(&panel, at(60_000)), None);
        // Of the minute before.
        pace.looked(&seen(Kind::Contacts, Samples::None), at(60_100));
        assert_eq!(pace.due(&panel, at(60_100)), Some(Look::All));
        pace.begins(&Look::All, at(60_100));
        see_currents(&mut pace, &panel, at(60_150));
        pace.looked(&seen(Kind::Contacts, Samples::None), at(60_200));
        assert_eq!(
            pace.due(&panel, at(60_200)),
            None,
            "the meters are still being read"
        );
        pace.looked(&seen(Kind::Meters, Samples::None), at(60_300));
        let scan = Look::Scan(Samples::Minute);
        assert_eq!(pace.due(&panel, at(60_300)), Some(scan.clone()));
        pace.begins(&scan, at(60_300));
        assert_eq!(pace.due(&panel, at(60_400)), None);
        pace.looked(&seen(Kind::Meters, Samples::Minute), at(60_900));
        assert_eq!(pace.due(&panel, at(60_900)), None, "the scan has read them all");
    }

    #[test]
    fn what_is_asked_for_is_looked_at_anew_and_once() {
        let (mut pace, panel) = begun();
        pace.meters_due = false;
        let one = OutletNumber::new(1).unwrap();
        for _ in 0..2 {
            pace.request(Some(one), Form::Reading);
            pace.request(None, Form::Reading);
        }
        assert_eq!(pace.due(&panel, at(400)), Some(Look::All));
        pace.begins(&Look::All, at(400));
        see_currents(&mut pace, &panel, at(400));
        let requested = Look::Requested(one, Form::Reading);
        assert_eq!(pace.due(&panel, at(400)), Some(requested.clone()));
        pace.begins(&requested, at(400));
        pace.looked(&seen(Kind::Contacts, Samples::None), at(500));
        pace.looked(
            &seen(Kind::Meters, Samples::Requested(one, Form::Reading)),
            at(600),
        );
        let scan = Look::Scan(Samples::AllRequested(Form::Reading));
        assert_eq!(pace.due(&panel, at(600)), Some(scan.clone()));
        pace.begins(&scan, at(600));
        pace.looked(&seen(Kind::Meters, Samples::AllRequested(Form::Reading)), at(700));
        assert_eq!(pace.due(&panel, at(700)), None);
    }

    #[test]
    fn the_next_minute_is_never_behind_and_never_further_than_a_minute() {
        for (wall_us, left_ms) in [
            (0, 60_000),
            (1, 60_000),
            (59_999_999, 1),
            (60_000_000, 60_000),
            (-1, 1),
        ] {
            assert_eq!(
                until_next_minute(Timestamp(wall_us)),
                Millis(left_ms),
                "{wall_us}"
            );
        }
    }
}

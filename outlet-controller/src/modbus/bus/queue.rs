//! What waits for the bus, and who comes next.

use std::time::Duration;

use tokio::time::Instant;

use super::{Class, Job};

/// A job that has waited this long goes before all but OFF: energy is read also under many commands.
pub(super) const LONG_WAIT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) job: Job,
    pub(super) repeated: bool,
    since: Instant,
    ticket: u64,
}

impl Waiting {
    fn rank(&self, now: Instant) -> (Class, u64) {
        let long = now.saturating_duration_since(self.since) >= LONG_WAIT;
        let class = if long {
            self.job.class.min(Class::Command)
        } else {
            self.job.class
        };
        (class, self.ticket)
    }
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Vec<Waiting>,
    tickets: u64,
}

/// What the owner does now.
#[derive(Debug)]
pub(super) enum Next {
    Serve(Waiting),
    /// All that wait are for units that want silence until then.
    Wait(Instant),
    Nothing,
}

impl Queue {
    pub(super) fn push(&mut self, job: Job, now: Instant) {
        self.tickets = self.tickets.wrapping_add(1);
        self.waiting.push(Waiting {
            job,
            repeated: false,
            since: now,
            ticket: self.tickets,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Once more, in its old place: what is more urgent may go between.
    pub(super) fn repeat(&mut self, waiting: Waiting) {
        self.waiting.push(Waiting {
            repeated: true,
            ..waiting
        });
    }

    /// Not served yet, and not counted as served.
    pub(super) fn put_back(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
    }

    /// The most urgent of what waits for units other than this one.
    pub(super) fn most_urgent_for_others(&self, unit: u8) -> Option<Class> {
        let others = self.waiting.iter().filter(|waiting| waiting.job.unit.id != unit);
        others.map(|waiting| waiting.job.class).min()
    }

    /// Whether a command waits, or whoever looks at a breaker.
    pub(super) fn has_urgent(&self) -> bool {
        self.waiting
            .iter()
            .any(|waiting| waiting.job.class <= Class::State)
    }

    pub(super) fn has_off(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.job.class == Class::Off)
    }

    /// `quiet_until` tells whether a job's unit wants silence. Jobs that nobody waits for any more are forgotten.
    pub(super) fn next(&mut self, now: Instant, quiet_until: impl Fn(&Job) -> Option<Instant>) -> Next {
        self.waiting.retain(|waiting| !waiting.job.reply.is_closed());
        let ready = self
            .waiting
            .iter()
            .enumerate()
            .filter(|(_, waiting)| quiet_until(&waiting.job).is_none());
        if let Some((place, _)) = ready.min_by_key(|(_, waiting)| waiting.rank(now)) {
            return Next::Serve(self.waiting.swap_remove(place));
        }
        let first = self
            .waiting
            .iter()
            .filter_map(|waiting| quiet_until(&waiting.job))
            .min();
        first.map_or(Next::Nothing, Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::oneshot;

    use super::*;
    use crate::modbus::bus::testing::units;
    use crate::modbus::bus::{Order, Reply};
    use crate::modbus::panel::Unit;

    type Answer = oneshot::Receiver<Reply>;

    fn job(unit: &Arc<Unit>, class: Class) -> (Job, Answer) {
        let (reply, answer) = oneshot::channel();
        let order = Order::Write(0, crate::modbus::panel::WriteValue::Coil(true));
        let job = Job {
            unit: Arc::clone(unit),
            class,
            order,
            then: Vec::new(),
            reply,
        };
        (job, answer)
    }

    fn order_of_service(queue: &mut Queue, now: Instant) -> Vec<Class> {
        std::iter::from_fn(|| match queue.next(now, |_| None) {
            Next::Serve(waiting) => Some(waiting.job.class),
            Next::Wait(_) | Next::Nothing => None,
        })
        .collect()
    }

    #[test]
    fn off_overtakes_all_and_the_rest_go_by_class() {
        use Class::{Command, Current, Energy, Off, State};
        let (units, now, mut queue) = (units(), Instant::now(), Queue::default());
        let mut answers = Vec::new();
        for class in [Energy, Current, State, Command, Off, Energy, Off] {
            let (job, answer) = job(&units[0], class);
            queue.push(job, now);
            answers.push(answer);
        }
        assert_eq!(
            order_of_service(&mut queue, now),
            [Off, Off, Command, State, Current, Energy, Energy]
        );
    }

    #[test]
    fn what_has_waited_long_goes_before_all_but_off() {
        let (units, then, mut queue) = (units(), Instant::now(), Queue::default());
        let now = then + LONG_WAIT;
        let (energy, _a) = job(&units[0], Class::Energy);
        let (command, _b) = job(&units[0], Class::Command);
        let (off, _c) = job(&units[0], Class::Off);
        queue.push(energy, then);
        queue.push(command, now);
        queue.push(off, now);
        assert_eq!(
            order_of_service(&mut queue, now),
            [Class::Off, Class::Energy, Class::Command]
        );
    }

    #[test]
    fn a_unit_that_wants_silence_holds_up_only_its_own_jobs() {
        let (units, now, mut queue) = (units(), Instant::now(), Queue::default());
        let (off, _a) = job(&units[0], Class::Off);
        let (energy, _b) = job(&units[1], Class::Energy);
        queue.push(off, now);
        queue.push(energy, now);
        let until = now + Duration::from_millis(100);
        let quiet = |job: &Job| (job.unit.id == units[0].id).then_some(until);
        assert!(matches!(queue.next(now, quiet), Next::Serve(waiting) if waiting.job.class == Class::Energy));
        assert!(matches!(queue.next(now, quiet), Next::Wait(moment) if moment == until));
        assert!(
            matches!(queue.next(until, |_| None), Next::Serve(waiting) if waiting.job.class == Class::Off)
        );
        assert!(matches!(queue.next(until, |_| None), Next::Nothing));
    }

    #[test]
    fn what_waits_for_others_is_known_by_its_class() {
        let (units, now, mut queue) = (units(), Instant::now(), Queue::default());
        let (energy, _a) = job(&units[0], Class::Energy);
        queue.push(energy, now);
        assert!(!queue.has_urgent());
        assert_eq!(queue.most_urgent_for_others(units[0].id), None);
        assert_eq!(queue.most_urgent_for_others(units[1].id), Some(Class::Energy));
        let (state, _b) = job(&units[0], Class::State);
        queue.push(state, now);
        assert!(queue.has_urgent() && !queue.has_off());
        assert_eq!(queue.most_urgent_for_others(units[1].id), Some(Class::State));
    }

    #[test]
    fn a_job_that_nobody_waits_for_is_never_done() {
        let (units, now, mut queue) = (units(), Instant::now(), Queue::default());
        let (job, answer) = job(&units[0], Class::Command);
        queue.push(job, now);
        drop(answer);
        assert!(matches!(queue.next(now, |_| None), Next::Nothing));
    }
}

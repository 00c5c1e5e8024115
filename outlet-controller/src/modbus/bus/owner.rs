//! The task that owns a bus.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use super::cuts::Cuts;
use super::link::{Link, Question};
use super::member::Member;
use super::queue::{LONG_WAIT, Next, Queue, Waiting};
use super::verdict::{BUSY_PAUSE, Verdict, describe, verdict};
use super::{BusError, CallError, Class, Counters, Data, Effect, Job, Order};
use crate::modbus::panel::{Line, Unit};
use crate::modbus::plan::cost;

pub(super) struct Owner {
    inbox: mpsc::Receiver<Job>,
    /// Whether somebody can still ask.
    open: bool,
    queue: Queue,
    link: Link,
    /// For reckoning how long frames take.
    line: Line,
    members: BTreeMap<u8, Member>,
    last_asked: u8,
    counters: Arc<Counters>,
}

impl Owner {
    pub(super) fn new(link: Link, line: Line, inbox: mpsc::Receiver<Job>, counters: Arc<Counters>) -> Self {
        Self {
            inbox,
            open: true,
            queue: Queue::default(),
            link,
            line,
            members: BTreeMap::new(),
            last_asked: 0,
            counters,
        }
    }

    /// Ends when all handles are gone and nothing waits.
    pub(super) async fn run(mut self) {
        loop {
            self.admit_all();
            if self.must_try_again() {
                self.try_again().await;
            }
            if !self.queue.is_empty() {
                // Whatever comes during the silence between two frames is in time to be chosen.
                self.settle().await;
                self.admit_all();
            }
            let (now, members) = (Instant::now(), &self.members);
            let waits = |job: &Job| members.get(&job.unit.id)?.waits_until(job.class, now);
            match self.queue.next(now, waits) {
                Next::Serve(waiting) => self.serve(waiting).await,
                Next::Wait(until) => self.rest(Some(until)).await,
                Next::Nothing if self.open => self.rest(None).await,
                Next::Nothing => return,
            }
        }
    }

    fn admit_all(&mut self) {
        while let Ok(job) = self.inbox.try_recv() {
            self.admit(job);
        }
    }

    fn admit(&mut self, job: Job) {
        let unit = &job.unit;
        self.members
            .entry(unit.id)
            .or_insert_with(|| Member::new(Arc::clone(unit)));
        self.queue.push(job, Instant::now());
    }

    /// Nothing can be served: a silent unit may be tried, or something is waited for.
    async fn rest(&mut self, until: Option<Instant>) {
        let due = self.next_try();
        if due.is_some_and(|due| due <= Instant::now()) {
            return self.try_again().await;
        }
        let wake = until.into_iter().chain(due).min();
        let alarm = async {
            match wake {
                Some(moment) => sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            job = self.inbox.recv(), if self.open => match job {
                Some(job) => self.admit(job),
                None => self.open = false,
            },
            () = alarm => {}
        }
    }

    /// The first moment at which a silent unit is to be tried.
    fn next_try(&self) -> Option<Instant> {
        self.members.values().filter_map(Member::next_try).min()
    }

    /// On a bus that is never idle silent units have their turn too: while only meters wait, or at last whatever does.
    fn must_try_again(&self) -> bool {
        let late = |by| self.next_try().is_some_and(|due| due + by <= Instant::now());
        let may = late(LONG_WAIT) && !self.queue.has_urgent();
        may || late(2 * LONG_WAIT) && !self.queue.has_off()
    }

    async fn serve(&mut self, mut waiting: Waiting) {
        let (unit, class) = (Arc::clone(&waiting.job.unit), waiting.job.class);
        if self.refuses(&unit, class) {
            self.look_for_the_line().await;
            return answer(waiting, Err(BusError::Resting.into()));
        }
        let in_doubt = self.is_in_doubt(&unit);
        if !in_doubt || class == Class::Off {
            let order = waiting.job.order;
            if let Some(member) = self.members.get_mut(&unit.id) {
                member.asks(order);
            }
            let result = self.exchange(&unit, order).await;
            if result.is_ok() {
                self.see_effects(&mut waiting.job.then).await;
            }
            // One lost echo says little; whether the unit is silent is found by the probe.
            if !order.is_read() && !in_doubt && verdict(&result) == Verdict::Silent {
                return answer(waiting, result);
            }
            return self.conclude(waiting, result);
        }
        match self.probe(&unit).await {
            // What is more urgent may have come meanwhile.
            Ok(()) => self.queue.put_back(waiting),
            Err(error) => self.conclude(waiting, Err(error)),
        }
    }

    /// Looks at what a write has done; nothing but OFF goes between. What is not sound is left to later looks.
    async fn see_effects(&mut self, effects: &mut [Effect]) {
        for effect in effects {
            self.settle().await;
            self.admit_all();
            let (unit, now) = (&effect.unit, Instant::now());
            self.members
                .entry(unit.id)
                .or_insert_with(|| Member::new(Arc::clone(unit)));
            let is_sound = self.members.get_mut(&unit.id).is_some_and(|member| {
                member.asks(Order::Read(effect.span));
                !member.is_in_doubt() && member.health.is_well() && member.health.quiet_until(now).is_none()
            });
            if self.queue.has_off() || !is_sound {
                return;
            }
            effect.data = self.exchange(&effect.unit, Order::Read(effect.span)).await.ok();
        }
    }

    fn is_in_doubt(&self, unit: &Unit) -> bool {
        self.members.get(&unit.id).is_some_and(Member::is_in_doubt)
    }

    fn refuses(&self, unit: &Unit, class: Class) -> bool {
        let member = self.members.get(&unit.id);
        member.is_some_and(|member| member.health.refuses(Instant::now(), class))
    }

    /// Units may be silent only because their line was gone.
    async fn look_for_the_line(&mut self) {
        if self.link.is_down() && self.link.connect().await.is_ok() {
            self.wake_all();
        }
    }

    /// Hears what came unasked; the unit that it is from is in doubt, or the one that was asked last.
    async fn settle(&mut self) {
        let Some(first) = self.link.settle().await else {
            return;
        };
        let (now, last) = (Instant::now(), self.last_asked);
        let speaker = if self.members.contains_key(&first) {
            first
        } else {
            last
        };
        if let Some(member) = self.members.get_mut(&speaker) {
            debug!(
                bus = self.link.name(),
                unit = member.unit.name,
                "the unit says what nobody asked for"
            );
            member.doubt(None, now, now);
        }
    }

    /// Answers, or asks a healthy unit once more.
    fn conclude(&mut self, waiting: Waiting, result: Result<Data, CallError>) {
        let unit = Arc::clone(&waiting.job.unit);
        let again = waiting.job.order.is_read() && !waiting.repeated;
        let verdict = verdict(&result);
        let Some(member) = self.members.get_mut(&unit.id) else {
            return answer(waiting, result);
        };
        match verdict {
            Verdict::Busy | Verdict::Silent if again && member.health.is_well() => {
                let error = describe(&result);
                debug!(
                    bus = self.link.name(),
                    unit = unit.name,
                    error,
                    "the unit is asked once more"
                );
                self.queue.repeat(waiting);
            }
            Verdict::Silent => {
                if member.health.is_well() {
                    let error = describe(&result);
                    warn!(
                        bus = self.link.name(),
                        unit = unit.name,
                        error,
                        "the unit does not answer"
                    );
                }
                member.health.failed(Instant::now());
                answer(waiting, result);
            }
            Verdict::Answered | Verdict::Busy | Verdict::Unsure | Verdict::NotAsked => {
                answer(waiting, result)
            }
        }
    }

    /// One request and what it says about the unit.
    async fn exchange(&mut self, unit: &Arc<Unit>, order: Order) -> Result<Data, CallError> {
        self.be_connected().await?;
        let Some(member) = self.members.get(&unit.id) else {
            return Err(BusError::Closed.into());
        };
        self.last_asked = unit.id;
        let frames = cost::frames(self.line, order);
        let question = Question {
            unit: unit.id,
            order,
            in_doubt: member.is_in_doubt(),
            patience: member.patience.timeout(unit, frames),
        };
        let cuts = Cuts::of(member, frames);
        let mut result = self.call(question, cuts).await;
        if question.in_doubt && result.is_ok() && order.echoes_no_value() && self.link.has_no_ids() {
            result = Err(BusError::Unsure.into());
        }
        self.note(unit, order, &result);
        result
    }

    async fn be_connected(&mut self) -> Result<(), BusError> {
        let was_down = self.link.is_down();
        self.link.connect().await?;
        if was_down {
            info!(bus = self.link.name(), "the bus is connected again");
            self.wake_all();
        }
        Ok(())
    }

    /// A unit that was silent before is given up for others: for OFF as soon as a sound one would have answered.
    async fn call(&mut self, question: Question, cuts: Cuts) -> Result<Data, CallError> {
        let begun = Instant::now();
        let mut call = pin!(self.link.call(question));
        loop {
            let cut_at = cuts
                .after(self.queue.most_urgent_for_others(question.unit))
                .map(|after| begun + after);
            tokio::select! {
                biased;
                result = &mut call => return result,
                job = self.inbox.recv(), if self.open => match job {
                    None => self.open = false,
                    Some(job) => {
                        let unit = &job.unit;
                        self.members.entry(unit.id).or_insert_with(|| Member::new(Arc::clone(unit)));
                        self.queue.push(job, Instant::now());
                    }
                },
                () = sleep_until(cut_at.unwrap_or(begun)), if cut_at.is_some() => {
                    self.counters.note(&Err(BusError::Timeout));
                    return Err(BusError::Timeout.into());
                }
            }
        }
    }

    fn note(&mut self, unit: &Unit, order: Order, result: &Result<Data, CallError>) {
        let (sent, frames) = (self.link.last_sent(), cost::frames(self.line, order));
        let now = Instant::now();
        let Some(member) = self.members.get_mut(&unit.id) else {
            return;
        };
        if !unit.min_gap.is_zero() {
            member.health.keep_quiet(now + unit.min_gap);
        }
        match verdict(result) {
            found @ (Verdict::Answered | Verdict::Busy) => {
                let took = now.saturating_duration_since(sent);
                member.patience.answered(took.saturating_sub(frames));
                if found == Verdict::Busy {
                    member.health.keep_quiet(now + BUSY_PAUSE);
                }
                // When one begins to answer, whatever kept the others silent may be over too.
                if member.health.answered() {
                    info!(bus = self.link.name(), unit = unit.name, "the unit answers again");
                    self.counters.returned(unit.id);
                    self.wake_all();
                }
            }
            Verdict::Silent => {
                member.patience.silent();
                member.doubt(Some(order), sent, now);
            }
            Verdict::Unsure => member.doubt(Some(order), sent, now),
            Verdict::NotAsked => {}
        }
    }

    /// Asks what no late answer fits, so that the unit can be trusted again. A refusal is an answer too.
    async fn probe(&mut self, unit: &Arc<Unit>) -> Result<(), CallError> {
        let span = self.members.get_mut(&unit.id).and_then(Member::next_probe);
        if let Some(span) = span {
            let result = self.exchange(unit, Order::Read(span)).await;
            if verdict(&result) != Verdict::Answered {
                return result.map(drop);
            }
        }
        if let Some(member) = self.members.get_mut(&unit.id) {
            member.trust();
        }
        Ok(())
    }

    /// Tries the silent unit that has rested longest. Nobody waits for it.
    async fn try_again(&mut self) {
        let longest = self
            .members
            .values()
            .filter_map(|member| Some((member.next_try()?, &member.unit)))
            .min_by_key(|(due, _)| *due);
        let Some(unit) = longest.map(|(_, unit)| Arc::clone(unit)) else {
            return;
        };
        self.settle().await;
        let result = self.probe(&unit).await;
        let (now, result) = (Instant::now(), result.map(|()| Data::Words(Vec::new())));
        let Some(member) = self.members.get_mut(&unit.id) else {
            return;
        };
        match verdict(&result) {
            Verdict::Silent => member.health.failed(now),
            Verdict::NotAsked => member.health.rest(now),
            Verdict::Answered | Verdict::Busy | Verdict::Unsure => {}
        }
    }

    fn wake_all(&mut self) {
        self.members.values_mut().for_each(|member| member.health.wake());
    }
}

/// Nobody may be waiting any more; then the answer is of no use.
fn answer(waiting: Waiting, result: Result<Data, CallError>) {
    let Job { reply, then, .. } = waiting.job;
    drop(reply.send((result, then)));
}

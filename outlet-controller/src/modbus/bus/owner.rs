//! The task that owns a bus.

use std::collections::BTreeMap;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use super::health::Health;
use super::link::Link;
use super::queue::{Next, Queue, Waiting};
use super::{BusError, CallError, Data, ExceptionCode, Job};
use crate::modbus::panel::Unit;

pub(super) struct Owner {
    inbox: mpsc::Receiver<Job>,
    queue: Queue,
    link: Link,
    units: BTreeMap<u8, Health>,
}

/// What a call says about the unit that was asked.
enum Verdict {
    Answered,
    Silent,
    /// Nothing: it was not reached.
    NotAsked,
}

impl Owner {
    pub(super) fn new(link: Link, inbox: mpsc::Receiver<Job>) -> Self {
        Self {
            inbox,
            queue: Queue::default(),
            link,
            units: BTreeMap::new(),
        }
    }

    /// Ends when all handles are gone and nothing waits.
    pub(super) async fn run(mut self) {
        loop {
            while let Ok(job) = self.inbox.try_recv() {
                self.admit(job);
            }
            let (now, units) = (Instant::now(), &self.units);
            let quiet_until = |job: &Job| units.get(&job.unit.id)?.quiet_until(now);
            match self.queue.next(now, quiet_until) {
                Next::Serve(waiting) => self.serve(waiting).await,
                Next::Wait(until) => tokio::select! {
                    biased;
                    Some(job) = self.inbox.recv() => self.admit(job),
                    () = sleep_until(until) => {}
                },
                Next::Nothing => match self.inbox.recv().await {
                    Some(job) => self.admit(job),
                    None => return,
                },
            }
        }
    }

    fn admit(&mut self, job: Job) {
        self.queue.push(job, Instant::now());
    }

    async fn serve(&mut self, waiting: Waiting) {
        let job = &waiting.job;
        let unit = std::sync::Arc::clone(&job.unit);
        if self.health(&unit).rests(Instant::now(), job.class) {
            answer(waiting, Err(BusError::Resting.into()));
            return;
        }
        let was_down = self.link.is_down();
        let result = self.link.call(&unit, job.order).await;
        if was_down && !self.link.is_down() {
            info!("the bus of unit {} is connected again", unit.name);
            self.wake_all();
        }
        let now = Instant::now();
        if !unit.min_gap.is_zero() {
            self.health(&unit).keep_quiet(now + unit.min_gap);
        }
        match verdict(&result) {
            Verdict::Silent if job.order.is_read() && !waiting.repeated && self.health(&unit).is_well() => {
                debug!("unit {} is asked once more: {}", unit.name, describe(&result));
                self.queue.repeat(waiting);
            }
            Verdict::Silent => {
                self.silent(&unit, now, &result);
                answer(waiting, result);
            }
            Verdict::Answered => {
                self.answered(&unit);
                answer(waiting, result);
            }
            Verdict::NotAsked => answer(waiting, result),
        }
    }

    fn health(&mut self, unit: &Unit) -> &mut Health {
        self.units.entry(unit.id).or_default()
    }

    fn silent(&mut self, unit: &Unit, now: Instant, result: &Result<Data, CallError>) {
        if self.health(unit).is_well() {
            warn!("unit {} does not answer: {}", unit.name, describe(result));
        }
        self.health(unit).failed(now);
    }

    /// When one begins to answer, whatever kept the others silent may be over too.
    fn answered(&mut self, unit: &Unit) {
        if self.health(unit).answered() {
            info!("unit {} answers again", unit.name);
            self.wake_all();
        }
    }

    fn wake_all(&mut self) {
        self.units.values_mut().for_each(Health::wake);
    }
}

fn verdict(result: &Result<Data, CallError>) -> Verdict {
    match result {
        Ok(_) => Verdict::Answered,
        Err(CallError::DeviceRefused(
            ExceptionCode::GatewayPathUnavailable | ExceptionCode::GatewayTargetDevice,
        )) => Verdict::Silent,
        Err(CallError::DeviceRefused(_)) => Verdict::Answered,
        Err(CallError::Bus(
            BusError::Timeout | BusError::Io(_) | BusError::Checksum | BusError::Mismatch(_),
        )) => Verdict::Silent,
        Err(CallError::Bus(BusError::Connect(_) | BusError::Down | BusError::Resting | BusError::Closed)) => {
            Verdict::NotAsked
        }
    }
}

fn describe(result: &Result<Data, CallError>) -> String {
    result.as_ref().err().map(ToString::to_string).unwrap_or_default()
}

/// Nobody may be waiting any more; then the answer is of no use.
fn answer(waiting: Waiting, result: Result<Data, CallError>) {
    drop(waiting.job.reply.send(result));
}

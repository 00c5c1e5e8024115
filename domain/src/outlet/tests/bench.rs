//! An outlet with a breaker that obeys, unless told otherwise, a meter, and a load.

use super::*;

pub(super) struct Bench {
    pub(super) outlet: Outlet,
    pub(super) now_ms: u64,
    pub(super) wall_us: i64,
    pub(super) position: Position,
    pub(super) tripped: bool,
    pub(super) leakage: bool,
    pub(super) current_ma: i64,
    pub(super) power_w: i64,
    pub(super) voltage: Measured<MilliVolts>,
    pub(super) register: Measured<WattHours>,
    pub(super) stuck: bool,
    /// What the breaker's output was told last, and how often it was told anything.
    pub(super) coil: Option<Wanted>,
    pub(super) writes: u32,
    /// The position contact's wire is broken: it says "open" whatever is.
    pub(super) contact_broken: bool,
    pub(super) trip_silent: bool,
    /// Nothing answers, and nothing hears.
    pub(super) dark: bool,
    pub(super) reports: Vec<Report>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(super) fn with(settings: Settings) -> Self {
        let mut bench = Self {
            outlet: Outlet::new(settings),
            now_ms: 1_000_000,
            wall_us: 1_800_000_000_000_000,
            position: Position::Open,
            tripped: false,
            leakage: false,
            current_ma: 0,
            power_w: 0,
            voltage: Ok(MilliVolts(201_000)),
            register: Ok(WattHours(5_000)),
            stuck: false,
            coil: None,
            writes: 0,
            contact_broken: false,
            trip_silent: false,
            dark: false,
            reports: Vec::new(),
        };
        bench.run(1);
        bench.reports.clear();
        bench
    }

    /// Supplies `t1`, which has 24 hours.
    pub(super) fn started() -> Self {
        Self::started_with(Settings::default())
    }

    pub(super) fn started_with(settings: Settings) -> Self {
        let mut bench = Self::with(settings);
        bench.start("t1", Limits::default()).unwrap();
        bench.run(2);
        assert_eq!(bench.told(), ["breaker", "energized"]);
        bench
    }

    pub(super) fn now(&self) -> Now {
        Now {
            tick: Tick(self.now_ms),
            wall: Timestamp(self.wall_us),
        }
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        self.wall_us += i64::try_from(ms).unwrap() * 1000;
    }

    /// One look, then the switch that is due.
    pub(super) fn look(&mut self) {
        let now = self.now();
        let reading = Reading {
            register: self.register,
            voltage: self.voltage,
            current: Ok(MilliAmps(self.current_ma)),
            power: Ok(Watts(self.power_w)),
            raw_register: None,
        };
        let lit = Observation {
            position: if self.contact_broken {
                Position::Open
            } else {
                self.position
            },
            tripped: (!self.trip_silent).then_some(self.tripped),
            leakage: Some(self.leakage),
            reading: Some(reading),
            ..Observation::default()
        };
        let silent = Observation {
            reading: Some(Reading::default()),
            ..Observation::default()
        };
        let seen = if self.dark { silent } else { lit };
        self.reports.extend(self.outlet.observe(&seen, now));
        self.switch();
    }

    /// Writes what is due.
    pub(super) fn switch(&mut self) {
        let now = self.now();
        let Some(wanted) = self.outlet.switch_due(now.tick) else {
            return;
        };
        if self.dark {
            return;
        }
        if wanted == Wanted::Closed {
            // As the control loop does before it writes.
            self.outlet.may_have_closed(now.tick);
        }
        self.outlet.switched(wanted, now);
        self.coil = Some(wanted);
        self.writes += 1;
        if !self.stuck {
            self.position = if wanted == Wanted::Closed {
                Position::Closed
            } else {
                Position::Open
            };
        }
    }

    /// Looks once a second.
    pub(super) fn run(&mut self, seconds: u64) -> &mut Self {
        for _ in 0..seconds {
            self.pass(1_000);
            self.look();
        }
        self
    }

    pub(super) fn start(&mut self, name: &str, limits: Limits) -> Result<(), Refusal> {
        let start = Start {
            transaction: TransactionId(name.into()),
            remote_start_id: 1,
            id_token: "driver".into(),
            limits,
        };
        self.outlet.start(start, self.now())
    }

    pub(super) fn stop(&mut self, name: &str) {
        let transaction = TransactionId(name.into());
        self.outlet
            .stop(&transaction, EndReason::Remote, self.now())
            .unwrap();
    }

    pub(super) fn clear(&mut self) -> Result<Vec<Report>, Refusal> {
        self.outlet.clear_fault(self.now())
    }

    /// The program is gone for a while and comes back; the machine was up all the time.
    pub(super) fn restart(&mut self, settings: Settings, away_ms: u64) {
        let saved = self.outlet.saved();
        self.pass(away_ms);
        self.outlet = Outlet::resume(settings, saved, self.now());
    }

    /// The power is gone for a while, which opens the breaker; the machine's ticks begin anew.
    pub(super) fn power_cut(&mut self, settings: Settings, away_ms: u64) {
        let wall_us = self.wall_us + i64::try_from(away_ms).unwrap() * 1000;
        self.power_cut_until(settings, away_ms, wall_us);
    }

    /// The same with a clock that then shows whatever it likes.
    pub(super) fn power_cut_until(&mut self, settings: Settings, away_ms: u64, wall_us: i64) {
        let mut saved = self.outlet.saved();
        if let Some(charge) = &mut saved.charge {
            charge.deadline = charge.deadline.noted(self.now());
        }
        self.pass(away_ms);
        (self.now_ms, self.wall_us, self.position) = (20_000, wall_us, Position::Open);
        self.outlet = Outlet::resume(settings, saved.after_boot(self.now()), self.now());
    }

    /// Short names of what was reported since the last call.
    pub(super) fn told(&mut self) -> Vec<String> {
        let name = |report: &Report| match report {
            Report::Energized => "energized".into(),
            Report::ChargingStarted => "charging".into(),
            Report::ChargingPaused => "paused".into(),
            Report::PowerLost => "power lost".into(),
            Report::PowerResumed => "power resumed".into(),
            Report::Ended { reason, energy, .. } => format!("ended {reason:?} {}", energy.0),
            Report::BreakerMoved { .. } => "breaker".into(),
            Report::CurrentRise { .. } => "rise".into(),
            Report::MeterAnomaly(_) => "anomaly".into(),
            Report::MeterRebased { .. } => "rebased".into(),
            Report::Fault(fault) => format!("fault {}", fault.name()),
            Report::FaultCleared(fault) => format!("cleared {}", fault.name()),
            Report::Notice(notice) => format!("notice {}", notice.name()),
        };
        std::mem::take(&mut self.reports).iter().map(name).collect()
    }

    /// The same without the breaker's moves.
    pub(super) fn told_of_charges(&mut self) -> Vec<String> {
        let mut told = self.told();
        told.retain(|name| name != "breaker");
        told
    }
}

pub(super) fn lasting(seconds: u64) -> Limits {
    Limits {
        duration: Millis::seconds(seconds),
        ..Limits::default()
    }
}

pub(super) fn limited(wh: i64) -> Limits {
    Limits {
        energy: Some(WattHours(wh)),
        ..Limits::default()
    }
}

//! A simulated panel: breakers, meters and cars behind a real Modbus TCP server.

mod breaker;
mod car;
mod history;
mod meter;
pub mod panel_file;
mod server;
mod units;
mod wire;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use domain::ids::{MAX_OUTLETS, OutletNumber};
use domain::observation::Position;
use foundation::Clock;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use history::{Happening, What};
pub use meter::MeterFault;

use breaker::Breaker;
use server::Shared;
use world::{Build, World};

/// How a simulated panel is built.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// 1 to 8.
    pub outlets: u8,
    pub travel_ms: u64,
    /// Cars and meters live so many times faster; breakers do not.
    pub speed: u32,
    pub clock: Clock,
    /// Equal seeds make equal serial numbers, voltages and first registers.
    pub seed: u64,
    /// What the meters start with: outlets 1 to 8, then the main circuit. What is missing is made up.
    pub registers_wh: Vec<i64>,
}

impl Options {
    /// Eight outlets on loopback, 0.3 s of travel, no faster than life.
    pub fn new(clock: Clock) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            outlets: MAX_OUTLETS,
            travel_ms: 300,
            speed: 1,
            clock,
            seed: 1,
            registers_wh: Vec::new(),
        }
    }
}

/// A running panel. Clones are handles to the same one; it stops with the last of them.
#[derive(Clone, Debug)]
pub struct SimulatedPanel {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
    _stop_on_drop: Arc<DropGuard>,
}

impl SimulatedPanel {
    /// Starts serving at once; must be called within a tokio runtime.
    ///
    /// # Errors
    /// If the address cannot be listened on, or there is no runtime.
    pub fn start(options: Options) -> io::Result<Self> {
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let listener = std::net::TcpListener::bind(options.listen).map_err(|cause| {
            io::Error::new(
                cause.kind(),
                format!("cannot listen on {}: {cause}", options.listen),
            )
        })?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let build = Build {
            travel_ms: options.travel_ms,
            speed: options.speed.max(1),
            seed: options.seed,
        };
        let world = World::new(build, &options.registers_wh, options.clock.tick_ms());
        let shared = Arc::new(Shared::new(world, options.clock, options.outlets));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn_on(
            server::serve(listener, Arc::clone(&shared), stop.clone()),
            &runtime,
        );
        tasks.close();
        Ok(Self {
            shared,
            address,
            _stop_on_drop: Arc::new(stop.clone().drop_guard()),
            stop,
            tasks,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A car that wants `need_wh`, or never gets full.
    pub fn plug_in(&self, outlet: OutletNumber, need_wh: Option<i64>) {
        self.shared.now(|world| world.plug_in(outlet, need_wh));
    }

    pub fn unplug(&self, outlet: OutletNumber) {
        self.shared.now(|world| world.unplug(outlet));
    }

    pub fn has_car(&self, outlet: OutletNumber) -> bool {
        self.shared.now(|world| world.has_car(outlet))
    }

    /// Overcurrent or leakage: opens at once and stays open until the trip is reset.
    pub fn trip(&self, outlet: OutletNumber) {
        self.shared.now(|world| world.trip(outlet));
    }

    /// Somebody at the panel resets the trip; the breaker stays open.
    pub fn reset_trip(&self, outlet: OutletNumber) {
        self.act(outlet, |breaker| breaker.reset_trip().then_some(What::TripReset));
    }

    /// A stuck breaker no longer moves on command.
    pub fn stick(&self, outlet: OutletNumber, stuck: bool) {
        self.act(outlet, |breaker| {
            breaker.stick(stuck);
            None
        });
    }

    /// Contacts that are closed now, or close later, never part again, whatever the feedback says.
    pub fn weld(&self, outlet: OutletNumber) {
        self.act(outlet, |breaker| {
            breaker.weld();
            None
        });
    }

    /// Neither stuck nor welded any more.
    pub fn repair(&self, outlet: OutletNumber) {
        self.act(outlet, Breaker::repair);
    }

    /// Somebody moves the handle; an unknown position moves nothing.
    pub fn by_hand(&self, outlet: OutletNumber, position: Position) {
        self.act(outlet, |breaker| match position {
            Position::Closed => breaker.by_hand(true),
            Position::Open => breaker.by_hand(false),
            Position::Unknown => None,
        });
    }

    pub fn meter_fault(&self, outlet: OutletNumber, fault: Option<MeterFault>) {
        self.shared
            .now(|world| world.set_meter_fault(Some(outlet), fault));
    }

    pub fn main_meter_fault(&self, fault: Option<MeterFault>) {
        self.shared.now(|world| world.set_meter_fault(None, fault));
    }

    /// A silent unit hears nothing and answers nothing. Unit 1 is the relay board, 2 the trip inputs,
    /// 11 to 18 the outlets' meters, 20 the main circuit's.
    pub fn silence_unit(&self, unit: u8, silent: bool) {
        self.shared.silence_unit(unit, silent);
    }

    /// New connections are closed as soon as they are made.
    pub fn refuse_connections(&self, refuse: bool) {
        self.shared.refuse_connections(refuse);
    }

    /// Closes every connection that there is now.
    pub fn drop_connections(&self) {
        self.shared.drop_connections();
    }

    /// Whether current can flow: the truth, which the feedback of a welded breaker denies.
    pub fn position(&self, outlet: OutletNumber) -> Position {
        let closed = self.shared.now(|world| world.breaker(outlet).contacts_closed);
        if closed { Position::Closed } else { Position::Open }
    }

    /// The import counter in the outlet's meter, whatever it shows.
    pub fn register_mwh(&self, outlet: OutletNumber) -> i64 {
        self.shared.now(|world| world.meter(outlet).register_mwh())
    }

    /// What really flowed through the outlet since the panel started, whatever its meter says.
    pub fn delivered_mwh(&self, outlet: OutletNumber) -> i64 {
        self.shared.now(|world| world.delivered_mwh(outlet))
    }

    pub fn current_ma(&self, outlet: OutletNumber) -> i64 {
        self.shared.now(|world| world.flow(outlet).current_ma)
    }

    /// All registers, for the next start's [`Options::registers_wh`]: outlets 1 to 8, then the main circuit.
    pub fn registers_wh(&self) -> Vec<i64> {
        self.shared.now(|world| {
            OutletNumber::first(MAX_OUTLETS)
                .map(|outlet| world.meter(outlet))
                .chain([world.main_meter()])
                .map(|meter| meter.register_mwh() / 1000)
                .collect()
        })
    }

    /// Every coil write and every movement of contacts, oldest first.
    pub fn history(&self) -> Vec<Happening> {
        self.shared.now(|world| world.history())
    }

    /// Writes to coils that a controller must never touch.
    pub fn forbidden_writes(&self) -> u64 {
        self.shared.now(|world| world.forbidden_writes)
    }

    /// Closes the listener and all connections; the model stays readable.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Returns once the listener is closed after [`Self::stop`].
    pub async fn stopped(&self) {
        self.tasks.wait().await;
    }

    fn act(&self, outlet: OutletNumber, act: impl FnOnce(&mut Breaker) -> Option<What>) {
        self.shared.now(|world| world.act(outlet, act));
    }
}

#[cfg(test)]
#[path = "tcp_tests.rs"]
mod tests;

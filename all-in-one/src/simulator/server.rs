//! Serves the panel over Modbus TCP. The model is stepped when it is asked, so nothing runs while nobody looks.

use std::collections::BTreeSet;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use foundation::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_modbus::server::{Service, tcp::Server};
use tokio_modbus::{ExceptionCode, Response, SlaveRequest};
use tokio_util::sync::CancellationToken;

use super::wire::{Answer, answer};
use super::world::World;

/// Wait after a failed accept: out of file descriptors, most likely.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// What the connections and the handles share.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    clock: Clock,
    outlets: u8,
    silent_units: Mutex<BTreeSet<u8>>,
    refusing: AtomicBool,
    dropping: Notify,
}

impl Shared {
    pub(super) fn new(world: World, clock: Clock, outlets: u8) -> Self {
        Self {
            world: Mutex::new(world),
            clock,
            outlets,
            silent_units: Mutex::default(),
            refusing: AtomicBool::new(false),
            dropping: Notify::new(),
        }
    }

    /// The model as it is at this moment.
    pub(super) fn now<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.step(self.clock.tick_ms());
        look(&mut world)
    }

    pub(super) fn silence_unit(&self, unit: u8, silent: bool) {
        let mut units = self.silent_units.lock().unwrap_or_else(PoisonError::into_inner);
        if silent {
            units.insert(unit);
        } else {
            units.remove(&unit);
        }
    }

    pub(super) fn refuse_connections(&self, refuse: bool) {
        self.refusing.store(refuse, Relaxed);
    }

    pub(super) fn drop_connections(&self) {
        self.dropping.notify_one();
    }

    fn is_silent(&self, unit: u8) -> bool {
        let units = self.silent_units.lock().unwrap_or_else(PoisonError::into_inner);
        units.contains(&unit)
    }

    fn answer(&self, request: &SlaveRequest<'_>) -> Answer {
        if self.is_silent(request.slave) {
            return Ok(None);
        }
        self.now(|world| answer(world, self.outlets, request.slave, &request.request))
    }
}

struct Connection(Arc<Shared>);

impl Service for Connection {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Ready<Answer>;

    fn call(&self, request: Self::Request) -> Self::Future {
        ready(self.0.answer(&request))
    }
}

/// Runs until `stop`. Leaving a turn of the loop closes the connections that it accepted.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let server = Server::new(listener);
    let accept = |stream: TcpStream, _: SocketAddr| {
        let shared = Arc::clone(&shared);
        async move {
            if shared.refusing.load(Relaxed) {
                return Ok(None);
            }
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "simulated panel: a connection went before it was served");
                return Ok(None);
            }
            Ok(Some((Connection(shared), stream)))
        }
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = shared.dropping.notified() => {}
            result = server.serve(&accept, |error| tracing::debug!(%error, "simulated panel: connection lost")) => {
                if let Err(error) = result {
                    tracing::warn!(%error, "simulated panel: cannot accept connections");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }
}

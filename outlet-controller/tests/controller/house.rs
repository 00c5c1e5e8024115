//! A panel of eight outlets with relays, contacts and meters, on Modbus TCP.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_modbus::server::{Service, tcp::Server};
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};

const RELAY: u8 = 1;
const TRIP: u8 = 2;
const FIRST_METER: u8 = 11;
const MAIN_METER: u8 = 20;

/// One outlet as it really is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Real {
    pub(crate) closed: bool,
    pub(crate) tripped: bool,
    /// The breaker does not move.
    pub(crate) stuck: bool,
    pub(crate) register_wh: u32,
    pub(crate) current_a: f32,
}

type OnCoil = Box<dyn Fn(usize, bool) + Send>;

#[derive(Default)]
struct Inside {
    outlets: [Real; 8],
    on_coil: Option<OnCoil>,
    writes: usize,
    reads: usize,
    reads_at_last_write: usize,
    /// Outputs 1 to 8 close while they are pressed, 9 to 16 open.
    is_pulsed: bool,
}

/// Outlets are numbered from 1, as everywhere.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
    /// Whether meters keep their answers back.
    held: watch::Sender<bool>,
}

impl House {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let house = Self {
            address: listener.local_addr().unwrap(),
            inside: Arc::default(),
            held: watch::Sender::new(false),
        };
        for number in 1..=8 {
            house.change(number, |outlet| {
                outlet.register_wh = 1_000 * u32::try_from(number).unwrap()
            });
        }
        let service = house.clone();
        tokio::spawn(async move {
            let on_connected = |stream, _| {
                let service = service.clone();
                async move { Ok(Some((service, stream))) }
            };
            Server::new(listener).serve(&on_connected, drop).await.unwrap();
        });
        house
    }

    pub(crate) fn change(&self, number: usize, change: impl FnOnce(&mut Real)) {
        change(&mut self.inside.lock().unwrap().outlets[number - 1]);
    }

    pub(crate) fn is_closed(&self, number: usize) -> bool {
        self.inside.lock().unwrap().outlets[number - 1].closed
    }

    /// How many outputs were written.
    pub(crate) fn writes(&self) -> usize {
        self.inside.lock().unwrap().writes
    }

    /// How many reads were made of units.
    pub(crate) fn reads(&self) -> usize {
        self.inside.lock().unwrap().reads
    }

    pub(crate) fn reads_at_last_write(&self) -> usize {
        self.inside.lock().unwrap().reads_at_last_write
    }

    /// From now on meters answer nothing, or answer again.
    pub(crate) fn hold_meters(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// From now on breakers are moved by pulses.
    pub(crate) fn use_pulses(&self) {
        self.inside.lock().unwrap().is_pulsed = true;
    }

    /// Called with each write of an output, before the breaker moves.
    pub(crate) fn on_coil(&self, hook: impl Fn(usize, bool) + Send + 'static) {
        self.inside.lock().unwrap().on_coil = Some(Box::new(hook));
    }

    fn bits(&self, unit: u8, first: u16, count: u16) -> Vec<bool> {
        let mut inside = self.inside.lock().unwrap();
        inside.reads += 1;
        let bit = |index: u16| match (unit, inside.outlets.get(usize::from(index))) {
            (RELAY, Some(outlet)) => outlet.closed,
            (TRIP, Some(outlet)) => outlet.tripped,
            _ => false,
        };
        (first..first + count).map(bit).collect()
    }

    /// Registers of an SDM120: volts, amperes, watts, kilowatt-hours.
    fn words(&self, unit: u8, first: u16, count: u16) -> Vec<u16> {
        let mut inside = self.inside.lock().unwrap();
        inside.reads += 1;
        let outlet = match unit {
            MAIN_METER => Real {
                register_wh: 77_000,
                current_a: 1.0,
                ..Real::default()
            },
            _ => inside.outlets[usize::from(unit - FIRST_METER)],
        };
        let value = |addr: u16| match addr {
            0x00 => 201.5,
            0x06 => outlet.current_a,
            0x0C => outlet.current_a * 201.5,
            0x48 => outlet.register_wh as f32 / 1000.0,
            _ => 0.0_f32,
        };
        let word = |addr: u16| {
            let bits = value(addr & !1).to_bits();
            if addr & 1 == 0 {
                (bits >> 16) as u16
            } else {
                bits as u16
            }
        };
        (first..first + count).map(word).collect()
    }

    fn write(&self, coil: u16, on: bool) {
        let mut inside = self.inside.lock().unwrap();
        let index = usize::from(coil);
        inside.writes += 1;
        inside.reads_at_last_write = inside.reads;
        if let Some(hook) = &inside.on_coil {
            hook(index + 1, on);
        }
        let (moves, closed) = if inside.is_pulsed {
            (on, index < 8)
        } else {
            (true, on)
        };
        let outlet = &mut inside.outlets[index % 8];
        if moves && !outlet.stuck {
            outlet.closed = closed;
        }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Option<Response>, ExceptionCode>> + Send>>;

impl House {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the panel makes only these requests"
    )]
    fn answer(&self, slave: u8, request: &Request<'_>) -> Result<Option<Response>, ExceptionCode> {
        match request {
            Request::ReadDiscreteInputs(first, count) => Ok(Some(Response::ReadDiscreteInputs(
                self.bits(slave, *first, *count),
            ))),
            Request::ReadInputRegisters(first, count) => Ok(Some(Response::ReadInputRegisters(
                self.words(slave, *first, *count),
            ))),
            Request::WriteSingleCoil(coil, on) => {
                self.write(*coil, *on);
                Ok(Some(Response::WriteSingleCoil(*coil, *on)))
            }
            _ => Err(ExceptionCode::IllegalFunction),
        }
    }
}

impl Service for House {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Answer;

    fn call(&self, SlaveRequest { slave, request }: Self::Request) -> Answer {
        let answer = self.answer(slave, &request);
        let mut held = self.held.subscribe();
        Box::pin(async move {
            if slave >= FIRST_METER {
                held.wait_for(|held| !held).await.unwrap();
            }
            answer
        })
    }
}

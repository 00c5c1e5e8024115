//! A Modbus TCP server with units that remember, and that can be told to misbehave.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use outlet_controller::modbus::point::Area;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_modbus::server::{Service, tcp::Server};
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};

/// How a unit behaves, if not well.
#[derive(Clone)]
pub(crate) enum Manner {
    Silent,
    Refuses(ExceptionCode),
    /// Answers to another address than it was asked for.
    WrongEcho,
    /// Answers with one register or byte less.
    Short,
    /// Answers when it gets a permit.
    Gated(Arc<Semaphore>),
}

#[derive(Default)]
struct Inside {
    words: HashMap<(u8, Area, u16), u16>,
    bits: HashMap<(u8, Area, u16), bool>,
    manners: HashMap<u8, Manner>,
    log: Vec<String>,
}

pub(crate) struct Plant {
    pub(crate) address: SocketAddr,
    inside: Mutex<Inside>,
    connections: AtomicUsize,
    /// Counts requests that have arrived.
    pub(crate) arrived: Semaphore,
}

impl Plant {
    pub(crate) async fn start() -> Arc<Self> {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn on(listener: TcpListener) -> Arc<Self> {
        let plant = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            inside: Mutex::default(),
            connections: AtomicUsize::new(0),
            arrived: Semaphore::new(0),
        });
        let service = Arc::clone(&plant);
        tokio::spawn(async move {
            let on_connected = |stream, _| {
                service.connections.fetch_add(1, SeqCst);
                let units = Units(Arc::clone(&service));
                async move { Ok(Some((units, stream))) }
            };
            Server::new(listener).serve(&on_connected, drop).await.unwrap();
        });
        plant
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    /// "unit function address value-or-count", in the order of arrival.
    pub(crate) fn log(&self) -> Vec<String> {
        self.inside.lock().unwrap().log.clone()
    }

    pub(crate) fn behave(&self, unit: u8, manner: Option<Manner>) {
        let manners = &mut self.inside.lock().unwrap().manners;
        match manner {
            Some(manner) => manners.insert(unit, manner),
            None => manners.remove(&unit),
        };
    }

    pub(crate) fn set_words(&self, unit: u8, area: Area, addr: u16, words: &[u16]) {
        let mut inside = self.inside.lock().unwrap();
        inside.words.extend(
            words
                .iter()
                .zip(addr..)
                .map(|(word, addr)| ((unit, area, addr), *word)),
        );
    }

    pub(crate) fn set_f32(&self, unit: u8, addr: u16, value: f32) {
        let bits = value.to_bits();
        self.set_words(unit, Area::Input, addr, &[(bits >> 16) as u16, bits as u16]);
    }

    pub(crate) fn set_bit(&self, unit: u8, area: Area, addr: u16, on: bool) {
        self.inside.lock().unwrap().bits.insert((unit, area, addr), on);
    }

    pub(crate) fn bit(&self, unit: u8, area: Area, addr: u16) -> bool {
        self.inside
            .lock()
            .unwrap()
            .bits
            .get(&(unit, area, addr))
            .copied()
            .unwrap_or(false)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "panels make only these requests")]
    fn note(&self, unit: u8, request: &Request<'_>) -> Option<Manner> {
        let line = match request {
            Request::ReadCoils(addr, count)
            | Request::ReadDiscreteInputs(addr, count)
            | Request::ReadHoldingRegisters(addr, count)
            | Request::ReadInputRegisters(addr, count) => format!("read {addr} {count}"),
            Request::WriteSingleCoil(addr, on) => format!("coil {addr} {on}"),
            other => format!("{other:?}"),
        };
        let mut inside = self.inside.lock().unwrap();
        inside.log.push(format!("{unit} {line}"));
        inside.manners.get(&unit).cloned()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "panels make only these requests")]
    fn answer(&self, unit: u8, request: &Request<'_>) -> Result<Response, ExceptionCode> {
        let inside = &mut *self.inside.lock().unwrap();
        let bits = |inside: &Inside, area, addr: u16, count| {
            let bit = |offset| {
                inside
                    .bits
                    .get(&(unit, area, addr + offset))
                    .copied()
                    .unwrap_or(false)
            };
            (0..count).map(bit).collect()
        };
        let words = |inside: &Inside, area, addr: u16, count| {
            let word = |offset| {
                inside
                    .words
                    .get(&(unit, area, addr + offset))
                    .copied()
                    .unwrap_or(0)
            };
            (0..count).map(word).collect()
        };
        Ok(match request {
            Request::ReadCoils(addr, count) => Response::ReadCoils(bits(inside, Area::Coil, *addr, *count)),
            Request::ReadDiscreteInputs(addr, count) => {
                Response::ReadDiscreteInputs(bits(inside, Area::Discrete, *addr, *count))
            }
            Request::ReadHoldingRegisters(addr, count) => {
                Response::ReadHoldingRegisters(words(inside, Area::Holding, *addr, *count))
            }
            Request::ReadInputRegisters(addr, count) => {
                Response::ReadInputRegisters(words(inside, Area::Input, *addr, *count))
            }
            // The breaker behind a coil follows at once: its contact is the input of the same number.
            Request::WriteSingleCoil(addr, on) => {
                inside.bits.insert((unit, Area::Coil, *addr), *on);
                inside.bits.insert((unit, Area::Discrete, *addr), *on);
                Response::WriteSingleCoil(*addr, *on)
            }
            _ => return Err(ExceptionCode::IllegalFunction),
        })
    }
}

struct Units(Arc<Plant>);

type Answer = Pin<Box<dyn Future<Output = Result<Option<Response>, ExceptionCode>> + Send>>;

impl Service for Units {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Answer;

    fn call(&self, SlaveRequest { slave, request }: Self::Request) -> Answer {
        let plant = Arc::clone(&self.0);
        Box::pin(async move {
            let manner = plant.note(slave, &request);
            plant.arrived.add_permits(1);
            match manner {
                None => plant.answer(slave, &request).map(Some),
                Some(Manner::Silent) => Ok(None),
                Some(Manner::Refuses(exception)) => Err(exception),
                Some(Manner::WrongEcho) => plant.answer(slave, &request).map(|answer| Some(wrong(answer))),
                Some(Manner::Short) => plant
                    .answer(slave, &request)
                    .map(|answer| Some(shortened(answer))),
                Some(Manner::Gated(gate)) => {
                    gate.acquire().await.unwrap().forget();
                    plant.answer(slave, &request).map(Some)
                }
            }
        })
    }
}

fn wrong(answer: Response) -> Response {
    if let Response::WriteSingleCoil(addr, on) = answer {
        return Response::WriteSingleCoil(addr + 1, on);
    }
    answer
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only reads get shorter")]
fn shortened(answer: Response) -> Response {
    match answer {
        Response::ReadInputRegisters(words) => Response::ReadInputRegisters(words[1..].to_vec()),
        Response::ReadDiscreteInputs(bits) => Response::ReadDiscreteInputs(bits[8..].to_vec()),
        other => other,
    }
}

//! A bus in memory, in simulated time, with units that answer as they are told: in time, late, or never.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use outlet_controller::modbus::bus::{Bus, Dialer};
use outlet_controller::modbus::panel::Transport;
use outlet_controller::wire::Wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::time::{Instant, sleep, sleep_until};

/// How frames look on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tcp,
    RtuOverTcp,
    Rtu,
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Tcp, Kind::RtuOverTcp, Kind::Rtu];

/// What a unit does with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Answers,
    Silent,
    /// Answers so much later, and answers others meanwhile.
    Late(Duration),
    /// Answers just before the answer to whatever is asked next.
    Held,
    Damaged,
    /// Says its answer twice.
    Twice,
    /// With this code.
    Refuses(u8),
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) at: Instant,
    pub(crate) transaction: u16,
    pub(crate) unit: u8,
    pub(crate) pdu: Vec<u8>,
}

impl Heard {
    pub(crate) fn addr(&self) -> u16 {
        u16::from_be_bytes([self.pdu[1], self.pdu[2]])
    }

    fn count(&self) -> u16 {
        u16::from_be_bytes([self.pdu[3], self.pdu[4]])
    }
}

type Script = Box<dyn Fn(&Heard) -> Manner + Send + Sync>;

pub(crate) struct Peer {
    kind: Kind,
    pub(crate) words: Mutex<HashMap<(u8, u16), u16>>,
    script: Mutex<Script>,
    log: Mutex<Vec<Heard>>,
    held: Mutex<Option<Vec<u8>>>,
    /// What goes out goes to whoever has connected last.
    out: tokio::sync::Mutex<Option<WriteHalf<DuplexStream>>>,
    pub(crate) connections: AtomicUsize,
    /// Of one character on the line; zero: a line as fast as can be.
    character: Duration,
}

impl Peer {
    pub(crate) fn new(kind: Kind, baud: Option<u32>) -> Arc<Self> {
        let character = baud.map_or(Duration::ZERO, |baud| {
            Duration::from_nanos(11_000_000_000 / u64::from(baud))
        });
        Arc::new(Self {
            kind,
            words: Mutex::default(),
            script: Mutex::new(Box::new(|_| Manner::Answers)),
            log: Mutex::default(),
            held: Mutex::default(),
            out: tokio::sync::Mutex::default(),
            connections: AtomicUsize::new(0),
            character,
        })
    }

    pub(crate) fn dialer(self: &Arc<Self>) -> Dialer {
        let peer = Arc::clone(self);
        Arc::new(move |_| {
            let peer = Arc::clone(&peer);
            Box::pin(async move { Ok(Box::new(peer.dial().await) as Box<dyn Wire>) })
        })
    }

    /// A new line to the peer.
    pub(crate) async fn dial(self: &Arc<Self>) -> DuplexStream {
        let (ours, theirs) = duplex(4096);
        let (reader, writer) = split(theirs);
        self.connections.fetch_add(1, SeqCst);
        *self.out.lock().await = Some(writer);
        tokio::spawn(Arc::clone(self).serve(reader));
        ours
    }

    /// A bus over this peer.
    pub(crate) fn bus(self: &Arc<Self>) -> Bus {
        let text = match self.kind {
            Kind::Tcp => "transport = 'tcp'\nhost = 'x'",
            Kind::RtuOverTcp => {
                "transport = 'rtu-over-tcp'\nhost = 'x'\nport = 1\nbaud = 9600\nframing = '8E1'"
            }
            Kind::Rtu => "transport = 'rtu'\nport = 'x'\nbaud = 9600\nframing = '8E1'",
        };
        let transport: Transport = toml::from_str(text).unwrap();
        Bus::open_with("a", &transport, self.dialer()).0
    }

    /// Every request from now on is met as this says.
    pub(crate) fn behave(&self, script: impl Fn(&Heard) -> Manner + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    pub(crate) fn log(&self) -> Vec<Heard> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn set_f32(&self, unit: u8, addr: u16, value: f32) {
        let bits = value.to_bits();
        let mut words = self.words.lock().unwrap();
        words.insert((unit, addr), (bits >> 16) as u16);
        words.insert((unit, addr + 1), bits as u16);
    }

    async fn serve(self: Arc<Self>, mut reader: ReadHalf<DuplexStream>) {
        while let Some(heard) = self.receive(&mut reader).await {
            let begun = heard.at;
            self.log.lock().unwrap().push(heard.clone());
            let manner = (self.script.lock().unwrap())(&heard);
            let before = self.held.lock().unwrap().take();
            let answer = match manner {
                Manner::Refuses(code) => self.framed(&heard, &[heard.pdu[0] | 0x80, code]),
                Manner::Answers
                | Manner::Silent
                | Manner::Late(_)
                | Manner::Held
                | Manner::Damaged
                | Manner::Twice => self.answer(&heard),
            };
            // The request, two silences, the answer: reckoned from the start, so that no delay adds up.
            let characters = (self.framed(&heard, &heard.pdu).len() + answer.len()) as u32 + 7;
            let done = begun + self.character * characters;
            if let Some(before) = before {
                self.send(&before).await;
            }
            match manner {
                Manner::Silent => {}
                Manner::Held => *self.held.lock().unwrap() = Some(answer),
                Manner::Late(by) => {
                    let peer = Arc::clone(&self);
                    tokio::spawn(async move {
                        sleep(by).await;
                        peer.send(&answer).await;
                    });
                }
                Manner::Answers | Manner::Damaged | Manner::Twice | Manner::Refuses(_) => {
                    sleep_until(done).await;
                    let mut bytes = answer.clone();
                    if manner == Manner::Damaged {
                        // Modbus TCP has no checksum: only its header can be seen to be wrong.
                        let place = if self.kind == Kind::Tcp {
                            2
                        } else {
                            bytes.len() - 3
                        };
                        bytes[place] ^= 0x55;
                    }
                    self.send(&bytes).await;
                    if manner == Manner::Twice {
                        sleep(Duration::from_millis(2)).await;
                        self.send(&answer).await;
                    }
                }
            }
        }
    }

    /// `None` when the other end has gone.
    async fn receive(&self, reader: &mut ReadHalf<DuplexStream>) -> Option<Heard> {
        let (transaction, unit, pdu) = if self.kind == Kind::Tcp {
            let mut head = [0; 7];
            reader.read_exact(&mut head).await.ok()?;
            let mut pdu = vec![0; usize::from(u16::from_be_bytes([head[4], head[5]])) - 1];
            reader.read_exact(&mut pdu).await.ok()?;
            (u16::from_be_bytes([head[0], head[1]]), head[6], pdu)
        } else {
            let mut frame = vec![0; 8];
            reader.read_exact(&mut frame).await.ok()?;
            // Of the requests that are made here only these two are longer: one coil, or one register.
            let more = match frame[1] {
                15 => 2,
                16 => 3,
                _ => 0,
            };
            let mut rest = vec![0; more];
            reader.read_exact(&mut rest).await.ok()?;
            frame.extend(rest);
            let (content, checksum) = frame.split_at(6 + more);
            assert_eq!(crc(content).to_le_bytes(), checksum);
            (0, frame[0], content[1..].to_vec())
        };
        Some(Heard {
            at: Instant::now(),
            transaction,
            unit,
            pdu,
        })
    }

    fn answer(&self, heard: &Heard) -> Vec<u8> {
        let words = self.words.lock().unwrap();
        let word = |offset| {
            words
                .get(&(heard.unit, heard.addr() + offset))
                .copied()
                .unwrap_or(0)
        };
        let pdu = match heard.pdu[0] {
            3 | 4 => {
                let data: Vec<u8> = (0..heard.count())
                    .flat_map(|offset| word(offset).to_be_bytes())
                    .collect();
                [vec![heard.pdu[0], data.len() as u8], data].concat()
            }
            1 | 2 => {
                let bytes = usize::from(heard.count().div_ceil(8));
                [vec![heard.pdu[0], bytes as u8], vec![0; bytes]].concat()
            }
            15 | 16 => heard.pdu[..5].to_vec(),
            _ => heard.pdu.clone(),
        };
        self.framed(heard, &pdu)
    }

    fn framed(&self, heard: &Heard, pdu: &[u8]) -> Vec<u8> {
        if self.kind == Kind::Tcp {
            return super::raw::frame(heard.transaction, heard.unit, pdu);
        }
        let mut bytes = [&[heard.unit], pdu].concat();
        bytes.extend(crc(&bytes).to_le_bytes());
        bytes
    }

    async fn send(&self, bytes: &[u8]) {
        if let Some(out) = self.out.lock().await.as_mut() {
            drop(out.write_all(bytes).await);
        }
    }
}

/// Worked out bit by bit as Modbus over Serial Line 1.02 §6.2.2 tells it.
pub(crate) fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1 == 1;
            crc >>= 1;
            if carry {
                crc ^= 0xA001;
            }
        }
    }
    crc
}

//! A serial line with units that answer zeros, at the speed of the line: bytes go by an absolute schedule.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_serial::{SerialPort, SerialStream};
use tokio_util::sync::CancellationToken;

/// Bits of a character: a start bit, eight bits, two stop bits.
const BITS: u64 = 11;
/// Bytes that go together; a port hands over no fewer either.
const PIECE: usize = 8;
/// `O_NOCTTY` of Linux.
const NO_CONTROLLING_TERMINAL: i32 = 0o400;
/// The machine wakes a sleeper so late.
const SLACK: Duration = Duration::from_micros(80);

/// The far end of a serial port. Dropping it takes the port away.
#[derive(Debug)]
pub struct PacedLine {
    path: String,
    character: Duration,
    silence: Duration,
    stop: CancellationToken,
}

impl PacedLine {
    /// A port, and behind it every unit there can be; each thinks as long as `thinks` says.
    ///
    /// # Panics
    /// If the machine has no pseudo-terminals.
    pub fn open(baud: u32, thinks: impl Fn(u8) -> Duration + Send + 'static) -> Self {
        let character = Duration::from_nanos(BITS * 1_000_000_000 / u64::from(baud));
        let silence = if baud > 19_200 {
            Duration::from_micros(1_750)
        } else {
            character * 7 / 2
        };
        let stop = CancellationToken::new();
        let (told, path) = std::sync::mpsc::channel();
        let (stopped, paces) = (stop.clone(), (character, silence));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let (mut far, near) = SerialStream::pair().unwrap();
                let path = near.name().unwrap();
                // Keeps the port open without the lock that keeps others out.
                let _open = OpenOptions::new()
                    .read(true)
                    .write(true)
                    .custom_flags(NO_CONTROLLING_TERMINAL)
                    .open(&path)
                    .unwrap();
                drop(near);
                told.send(path).unwrap();
                tokio::select! {
                    () = stopped.cancelled() => {}
                    () = serve(&mut far, paces, thinks) => {}
                }
            });
        });
        Self {
            path: path.recv().unwrap(),
            character,
            silence,
            stop,
        }
    }

    /// Of the port.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A request and its answer of so many characters together, with the silences around them.
    pub fn transaction(&self, characters: u32) -> Duration {
        self.character * characters + 2 * self.silence
    }
}

impl Drop for PacedLine {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn serve(
    line: &mut SerialStream,
    (character, silence): (Duration, Duration),
    thinks: impl Fn(u8) -> Duration,
) {
    // Every request that a panel makes here has eight bytes.
    let mut request = [0; 8];
    while line.read_exact(&mut request).await.is_ok() {
        let heard = Instant::now() + character * 8;
        let answer = answer(&request);
        let begun = heard + silence + thinks(request[0]);
        for (n, piece) in answer.chunks(PIECE).enumerate() {
            let sent = n * PIECE + piece.len();
            wait_until(begun + character * u32::try_from(sent).unwrap());
            line.write_all(piece).await.unwrap();
        }
    }
}

fn wait_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(Instant::now() + SLACK));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
}

fn answer(request: &[u8; 8]) -> Vec<u8> {
    let count = u16::from_be_bytes([request[4], request[5]]);
    let length = match request[1] {
        1 | 2 => count.div_ceil(8),
        3 | 4 => 2 * count,
        _ => return request.to_vec(),
    };
    let mut bytes = vec![request[0], request[1], u8::try_from(length).unwrap()];
    bytes.resize(3 + usize::from(length), 0);
    bytes.extend(outlet_controller::modbus::bus::rtu::checksum(&bytes).to_le_bytes());
    bytes
}

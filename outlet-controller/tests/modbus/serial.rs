//! A real serial port, as far as the machine has one: the end of a pseudo-terminal.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use outlet_controller::modbus::bus::{Bus, Class, Data};
use outlet_controller::modbus::panel::Transport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio_serial::{SerialPort, SerialStream};

use super::bus::{PATIENCE, inputs, plain_relay};
use super::peer::crc;

/// `O_NOCTTY` of Linux.
const NO_CONTROLLING_TERMINAL: i32 = 0o400;

/// A port under a name that stays; whoever is behind it answers reads of one register with 7.
fn plug_in(name: &Path) -> JoinHandle<()> {
    let (mut far, near) = SerialStream::pair().unwrap();
    let path = near.name().unwrap();
    drop(std::fs::remove_file(name));
    std::os::unix::fs::symlink(&path, name).unwrap();
    // Keeps the port open without the lock that keeps others out.
    let mut options = OpenOptions::new();
    let options = options
        .read(true)
        .write(true)
        .custom_flags(NO_CONTROLLING_TERMINAL);
    let open = options.open(path).unwrap();
    drop(near);
    tokio::spawn(async move {
        let _open = open;
        let mut request = [0; 8];
        while far.read_exact(&mut request).await.is_ok() {
            let count = request[5];
            let mut answer = vec![request[0], request[1]];
            match request[1] {
                1 | 2 => answer.extend([1, 0]),
                _ => answer.extend([vec![2 * count], [0, 7].repeat(count.into())].concat()),
            }
            answer.extend(crc(&answer).to_le_bytes());
            far.write_all(&answer).await.unwrap();
        }
    })
}

fn name() -> PathBuf {
    std::env::temp_dir().join(format!("serial-port-{}", std::process::id()))
}

#[tokio::test]
async fn a_serial_port_that_vanishes_is_opened_again_when_it_is_back() {
    let name = name();
    let device = plug_in(&name);
    let text = format!(
        "transport = 'rtu'\nport = '{}'\nbaud = 19200\nframing = '8N1'",
        name.display()
    );
    let transport: Transport = toml::from_str(&text).unwrap();
    let (bus, relay) = (Bus::open(transport).0, plain_relay());
    for _ in 0..5 {
        let data = bus.read(&relay, inputs(3, 1), Class::State).await.unwrap();
        assert_eq!(data, Data::Words(vec![7]));
    }
    device.abort();
    drop(device.await);
    assert!(bus.read(&relay, inputs(3, 1), Class::State).await.is_err());
    let _device = plug_in(&name);
    let back = async {
        while bus.read(&relay, inputs(3, 1), Class::State).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, back).await.unwrap();
    std::fs::remove_file(name).unwrap();
}

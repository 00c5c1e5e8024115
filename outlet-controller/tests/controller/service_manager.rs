//! The program itself under a service manager: a real datagram socket hears what systemd would.

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::world::World;

/// Signs of life of most of a minute.
const MOST_STATES: usize = 200;

/// The program, and what it tells.
struct Managed {
    child: Child,
    ear: UnixDatagram,
}

impl Managed {
    fn start(world: &World) -> Self {
        let socket = world.folder.join("notify");
        let ear = UnixDatagram::bind(&socket).unwrap();
        ear.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let file = world.folder.join("controller.toml");
        let text = format!(
            "panel = {:?}\ndata_dir = {:?}\n[server]\nurl = \"ws://{}/ocpp/\"\nstation_id = \"p1\"\npassword = \"secret\"\n",
            world.folder.join("panel.toml"),
            world.folder.join("data"),
            world.csms.address,
        );
        std::fs::write(&file, text).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_outlet-controller"))
            .arg("--config")
            .arg(file)
            .env("NOTIFY_SOCKET", socket)
            .env("WATCHDOG_USEC", "1000000")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, ear }
    }

    fn next(&self) -> String {
        let mut buffer = [0; 256];
        let length = self.ear.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    /// Everything that it tells up to the first that fits.
    fn until(&self, fits: impl Fn(&str) -> bool) -> Vec<String> {
        let mut heard = Vec::new();
        while heard.len() < MOST_STATES {
            heard.push(self.next());
            if heard.last().is_some_and(|state| fits(state)) {
                return heard;
            }
        }
        panic!("not told: {heard:?}");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Managed {
    fn drop(&mut self) {
        let _gone = (self.child.kill(), self.child.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn systemd_hears_that_the_panel_was_seen_that_the_loop_turns_and_that_it_stops() {
    let world = World::prepare().await;
    let mut managed = Managed::start(&world);
    let status = "STATUS=8 outlets: 0 on, 0 out of order, 0 not seen; server connected";
    let heard = managed.until(|state| state == status);
    assert!(heard.contains(&"READY=1".to_owned()), "{heard:?}");
    for _ in 0..3 {
        managed.until(|state| state == "WATCHDOG=1");
    }
    managed.signal("-TERM");
    let last = managed.until(|state| state == "STOPPING=1");
    assert!(!last.contains(&"READY=1".to_owned()), "{last:?}");
    assert!(managed.child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panel_that_does_not_answer_is_alive_and_not_ready_yet() {
    let world = World::prepare().await;
    let port = format!("port = {}", world.house.address.port());
    world.change_panel(&[(&port, "port = 9")]);
    let managed = Managed::start(&world);
    let heard =
        managed.until(|state| state.starts_with("STATUS=8 outlets: 0 on, 0 out of order, 8 not seen"));
    assert!(!heard.contains(&"READY=1".to_owned()), "{heard:?}");
    managed.until(|state| state == "WATCHDOG=1");
}

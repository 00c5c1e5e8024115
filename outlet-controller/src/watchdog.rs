//! What the service manager hears: ready after the first verified scan, alive while the control loop turns, stopping.

use std::time::Duration;

use domain::observation::Position;
use domain::units::{Millis, Tick};
use foundation::Clock;
use foundation::service_manager::ServiceManager;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::control_loop::{Doing, Handles, OutletPicture, Picture, Turns};
use crate::ocpp::LinkWatch;

/// Without a watchdog the state is told this often, where it has changed.
const ROUTINE: Duration = Duration::from_secs(5);
/// So many signs of life are due before the service manager loses patience.
const SIGNS: u32 = 4;
/// A panel of which a part stays silent is waited for no longer: what answers is served.
const PATIENCE: Millis = Millis::seconds(10);

/// What is watched.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) pictures: watch::Receiver<Picture>,
    pub(crate) turns: Turns,
    pub(crate) link: LinkWatch,
    pub(crate) clock: Clock,
}

impl Watched {
    pub(crate) fn new(handles: &Handles, link: LinkWatch, clock: Clock) -> Self {
        Self {
            pictures: handles.pictures.clone(),
            turns: handles.turns.clone(),
            link,
            clock,
        }
    }
}

#[cfg(test)]
impl Watched {
    /// A loop that has not seen anything, and its end that draws pictures.
    pub(crate) fn nothing() -> (watch::Sender<Picture>, Self) {
        let (sender, pictures) = watch::channel(Picture::default());
        let clock = Clock::system();
        let watched = Self {
            pictures,
            turns: Turns::default(),
            link: LinkWatch::new(clock.clone()),
            clock,
        };
        (sender, watched)
    }
}

/// Tells `manager` until the program stops.
pub(crate) async fn run(manager: ServiceManager, mut watched: Watched, stop: CancellationToken) {
    let every = manager
        .watchdog
        .map_or(ROUTINE, |watchdog| (watchdog / SIGNS).min(ROUTINE));
    let mut rhythm = tokio::time::interval(every);
    let (mut is_ready, mut turns, mut told) = (false, 0, String::new());
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            _ = rhythm.tick() => {
                let count = watched.turns.count();
                if manager.watchdog.is_some() && count != turns {
                    manager.tell("WATCHDOG=1");
                }
                turns = count;
            }
            Ok(()) = watched.pictures.changed(), if !is_ready => {}
        }
        let picture = watched.pictures.borrow_and_update().clone();
        if !is_ready && is_up(&picture, Tick(watched.clock.tick_ms())) {
            is_ready = true;
            manager.tell("READY=1");
        }
        let status = status(&picture, watched.link.state().version.is_some());
        if status != told {
            manager.tell(&format!("STATUS={status}"));
            told = status;
        }
    }
    manager.tell("STOPPING=1");
}

fn is_up(picture: &Picture, now: Tick) -> bool {
    let waited = picture.scanned_at.is_some_and(|at| now.since(at) >= PATIENCE);
    picture.verified_at.is_some() || waited
}

/// One line for `systemctl status`.
fn status(picture: &Picture, connected: bool) -> String {
    if picture.scanned_at.is_none() {
        return "looks at the panel for the first time".to_owned();
    }
    let count =
        |is: &dyn Fn(&OutletPicture) -> bool| picture.outlets.iter().filter(|outlet| is(outlet)).count();
    let on = count(&|outlet| outlet.doing == Doing::Supplying);
    let faulty = count(&|outlet| outlet.status.fault.is_some());
    let unseen = count(&|outlet| outlet.status.position == Position::Unknown);
    let server = if connected { "connected" } else { "not reached" };
    format!(
        "{} outlets: {on} on, {faulty} out of order, {unseen} not seen; server {server}",
        picture.outlets.len()
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::*;

    /// A service manager that a test can listen to.
    struct Ear(UnixDatagram);

    impl Ear {
        /// Everything that was told since the last time.
        fn heard(&self) -> Vec<String> {
            let mut buffer = [0; 256];
            let next = || {
                let length = self.0.recv(&mut buffer).ok()?;
                Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
            };
            std::iter::from_fn(next).collect()
        }
    }

    fn manager(watchdog: Option<Duration>) -> (Ear, ServiceManager) {
        let path = std::env::temp_dir().join(foundation::ids::id("denro-watchdog-test"));
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        (
            Ear(socket),
            ServiceManager::at(path.as_os_str(), watchdog).unwrap(),
        )
    }

    const WATCHDOG: Duration = Duration::from_secs(8);

    #[tokio::test(start_paused = true)]
    async fn signs_of_life_end_when_the_control_loop_is_stuck_and_come_again_when_it_turns() {
        let (ear, manager) = manager(Some(WATCHDOG));
        let (_sender, watched) = Watched::nothing();
        let turns = watched.turns.clone();
        let stop = CancellationToken::new();
        let running = tokio::spawn(run(manager, watched, stop.clone()));
        let signs = async |turning: bool| {
            let mut signs = 0;
            for _ in 0..40 {
                if turning {
                    turns.turned();
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
                signs += ear.heard().iter().filter(|state| *state == "WATCHDOG=1").count();
            }
            signs
        };
        assert!(signs(true).await >= 19);
        // The turn before the loop got stuck is still told.
        assert!(signs(false).await <= 1);
        assert_eq!(signs(false).await, 0);
        assert!(signs(true).await >= 19);
        stop.cancel();
        running.await.unwrap();
        assert_eq!(ear.heard().last().map(String::as_str), Some("STOPPING=1"));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_ready_before_a_scan_has_seen_every_breaker() {
        let (ear, manager) = manager(None);
        let (sender, watched) = Watched::nothing();
        let now = Tick(watched.clock.tick_ms());
        tokio::spawn(run(manager, watched, CancellationToken::new()));
        for (scanned_at, verified_at, ready) in
            [(None, None, 0), (Some(now), None, 0), (Some(now), Some(now), 1)]
        {
            sender
                .send_modify(|picture| (picture.scanned_at, picture.verified_at) = (scanned_at, verified_at));
            tokio::time::sleep(ROUTINE / 2).await;
            let heard = ear.heard();
            let readies = heard.iter().filter(|state| *state == "READY=1").count();
            assert_eq!(readies, ready, "{scanned_at:?} {verified_at:?}: {heard:?}");
            assert!(
                !heard.iter().any(|state| state.starts_with("WATCHDOG")),
                "{heard:?}"
            );
        }
    }

    #[test]
    fn a_panel_of_which_a_part_stays_silent_is_not_waited_for_for_ever() {
        let picture = Picture {
            scanned_at: Some(Tick(1_000)),
            ..Picture::default()
        };
        assert!(!is_up(&picture, Tick(10_999)));
        assert!(is_up(&picture, Tick(11_000)));
    }
}

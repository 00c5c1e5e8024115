//! Disks that fail, once or for good, at each thing that is asked of them.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use foundation::DbError;
use outlet_controller::Store;
use outlet_controller::store::{Answered, Depth, Disk, Entry, Found, Step, StoreError, TimeNote, Usage};
use serde_json::{Value, json};

use super::server::Heard;
use super::world::{World, assert_numbered};

/// What is asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Site {
    Load,
    Write,
    Oldest,
    Delivered,
}

const SITES: [Site; 4] = [Site::Load, Site::Write, Site::Oldest, Site::Delivered];

/// A real store that fails where it is told to.
#[derive(Clone, Debug)]
struct Failing {
    store: Store,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    /// Fails at these until they are taken away.
    always: BTreeSet<Site>,
    /// Fails once, at the call of this number.
    once: Option<(Site, usize)>,
    calls: Vec<Site>,
    /// What is written is written, and not answered while this is held.
    holding: Option<Arc<tokio::sync::Semaphore>>,
    /// The file is broken.
    damaged: bool,
}

impl Failing {
    fn open(folder: &Path) -> Self {
        Self {
            store: Store::open(&folder.join("data")).unwrap(),
            plan: Arc::default(),
        }
    }

    fn fail(&self, sites: &[Site]) {
        self.plan.lock().unwrap().always = sites.iter().copied().collect();
    }

    fn fail_once(&self, site: Site, call: usize) {
        self.plan.lock().unwrap().once = Some((site, call));
    }

    fn has_failed(&self) -> bool {
        self.plan.lock().unwrap().once.is_none()
    }

    fn asked(&self, site: Site) -> Result<(), StoreError> {
        let mut plan = self.plan.lock().unwrap();
        plan.calls.push(site);
        let number = plan.calls.iter().filter(|call| **call == site).count();
        if plan.damaged {
            return Err(DbError::Commit("database disk image is malformed".into()).into());
        }
        let once = plan.once.take_if(|once| *once == (site, number)).is_some();
        if once || plan.always.contains(&site) {
            return Err(io::Error::from_raw_os_error(5).into());
        }
        Ok(())
    }
}

#[async_trait]
impl Disk for Failing {
    async fn load(&self) -> Result<Found, StoreError> {
        self.asked(Site::Load)?;
        self.store.load().await
    }

    async fn write(&self, step: Step) -> Result<Usage, StoreError> {
        self.asked(Site::Write)?;
        let written = self.store.write(step).await;
        let holding = self.plan.lock().unwrap().holding.clone();
        if let Some(holding) = holding {
            let _until_let_go = holding.acquire().await.unwrap();
        }
        written
    }

    async fn oldest(&self, answered: Answered) -> Result<Option<Entry>, StoreError> {
        self.asked(Site::Oldest)?;
        self.store.oldest(answered).await
    }

    async fn delivered(&self, answered: Answered) -> Result<(), StoreError> {
        self.asked(Site::Delivered)?;
        self.store.delivered(answered).await
    }

    async fn refused(&self, id: i64, why: String, set_aside: bool) -> Result<(), StoreError> {
        self.store.refused(id, why, set_aside).await
    }

    async fn depth(&self) -> Result<Depth, StoreError> {
        self.store.depth().await
    }

    async fn note_time(&self, note: TimeNote) -> Result<(), StoreError> {
        self.store.note_time(note).await
    }
}

async fn started(world: &mut World, disk: &Failing) {
    world.start_on(Store::on(Arc::new(disk.clone()))).await.unwrap();
    world.until_available().await;
}

async fn until(condition: impl AsyncFn() -> bool) {
    let fulfilled = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), fulfilled)
        .await
        .unwrap();
}

fn minutes(minutes: u64) -> Value {
    json!({"duration_ms": minutes * 60_000})
}

fn alarm(heard: &[Heard], active: &str) -> Option<()> {
    let told = heard.iter().filter(|heard| heard.action == "NotifyEvent");
    let data = |heard: &Heard| heard.payload["eventData"][0].clone();
    let of_disk = |data: &Value| data["techInfo"] == "disk_failed" && data["actualValue"] == active;
    told.map(data).any(|data| of_disk(&data)).then_some(())
}

#[tokio::test]
async fn a_disk_that_fails_once_anywhere_costs_nothing_but_time() {
    for site in SITES {
        for call in [1, 2, 5] {
            let mut world = World::prepare().await;
            let disk = Failing::open(&world.folder);
            disk.fail_once(site, call);
            let first = world.start_on(Store::on(Arc::new(disk.clone()))).await;
            if site == Site::Load && call == 1 {
                assert!(first.is_err());
                assert!((1..=8).all(|n| !world.house.is_closed(n)));
                started(&mut world, &disk).await;
            }
            world.until_available().await;
            let transaction = loop {
                let answer = world.ask_start(1, 1, minutes(10)).await;
                // What could not be written was not begun.
                if answer["status"] == "Accepted" {
                    break answer["transactionId"].as_str().unwrap().to_owned();
                }
                assert!(!world.house.is_closed(1));
            };
            world.until_event(&transaction, "Started").await;
            world.pass(601);
            world.until_event(&transaction, "Ended").await;
            assert_numbered(&world.events(&transaction));
            world.until_breaker(1, false).await;
            // The state is read once in a life.
            assert!(disk.has_failed() || site == Site::Load, "{site:?} {call}");
        }
    }
}

#[tokio::test]
async fn a_disk_that_fails_for_good_ends_what_it_cannot_account_for_and_is_told_of_at_once() {
    let mut world = World::prepare().await;
    let disk = Failing::open(&world.folder);
    started(&mut world, &disk).await;
    let transaction = world.charge(1, 1, minutes(60)).await;
    disk.fail(&[Site::Write, Site::Oldest, Site::Delivered]);
    // Something to write.
    let refused = world.csms.call(
        "RequestStartTransaction",
        json!({"evseId": 2, "remoteStartId": 2, "idToken": {"idToken": "driver-2", "type": "Central"}}),
    );
    assert_eq!(refused.await[2], "InternalError");
    for _ in 0..11 {
        assert!(
            world.house.is_closed(1),
            "a charge is not given up for a short failure"
        );
        world.pass(5);
        world.settle().await;
    }
    world.csms.until("an alarm", |heard| alarm(heard, "true")).await;
    world.pass(10);
    world.until_breaker(1, false).await;

    disk.fail(&[]);
    // The longest wait for a journal that could not be read.
    world.pass(31);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "disk_failed");
    assert_numbered(&world.events(&transaction));
    world
        .csms
        .until("the end of the alarm", |heard| alarm(heard, "false"))
        .await;
    let heard = world.csms.heard();
    let numbers = heard
        .iter()
        .filter_map(|heard| heard.payload["eventData"][0]["eventId"].as_i64());
    let (alarms, events): (Vec<i64>, Vec<i64>) = numbers.partition(|number| *number >= 2_000_000_000);
    assert!(!alarms.is_empty() && !events.is_empty(), "{alarms:?} {events:?}");
    world.charge(2, 3, minutes(1)).await;
}

#[tokio::test]
async fn a_start_is_refused_only_when_it_is_on_disk_that_nothing_has_begun() {
    let mut world = World::prepare().await;
    let disk = Failing::open(&world.folder);
    started(&mut world, &disk).await;
    world.settle().await;
    let hold = Arc::new(tokio::sync::Semaphore::new(0));
    disk.plan.lock().unwrap().holding = Some(hold.clone());
    let csms = world.csms.clone();
    let asked = tokio::spawn(async move {
        let payload =
            json!({"evseId": 2, "remoteStartId": 2, "idToken": {"idToken": "driver-2", "type": "Central"}});
        csms.call("RequestStartTransaction", payload).await
    });
    let begun = async || {
        let rows = disk.store.load().await.unwrap().outlets;
        rows.iter()
            .any(|row| row.number == 2 && row.saved.charge.is_some())
    };
    // It has arrived on the disk, and the controller no longer waits to hear of that.
    until(async || begun().await).await;
    world.settle().await;
    assert!(!asked.is_finished(), "a crash now would let the charge begin");
    hold.add_permits(1_000);
    assert_eq!(asked.await.unwrap()[2], "InternalError");
    assert!(!begun().await && !world.house.is_closed(2));
}

#[tokio::test]
async fn a_file_that_is_found_broken_ends_the_program_so_that_the_next_start_can_mend_it() {
    let mut world = World::prepare().await;
    let disk = Failing::open(&world.folder);
    started(&mut world, &disk).await;
    world.charge(3, 1, minutes(60)).await;
    disk.plan.lock().unwrap().damaged = true;
    world.pass(60);
    world.until_ended().await;
    assert!(world.house.is_closed(3), "the next start takes the charge up");
}

#[tokio::test]
async fn a_state_that_cannot_be_read_keeps_no_breaker_closed() {
    let mut world = World::prepare().await;
    let disk = Failing::open(&world.folder);
    started(&mut world, &disk).await;
    world.charge(3, 1, minutes(60)).await;
    world.crash();
    disk.fail(&SITES);
    assert!(world.start_on(Store::on(Arc::new(disk.clone()))).await.is_err());
    world.until_breaker(3, false).await;
}

#[tokio::test]
async fn a_full_journal_tells_of_it_and_lets_nothing_new_begin() {
    let mut world = World::prepare().await;
    let store = Store::open(&world.folder.join("data")).unwrap();
    // Smaller than the empty file: nothing can be thinned.
    world.start_on(store.limited_to(1)).await.unwrap();
    world.until_available().await;
    let full = |heard: &[Heard]| {
        let told = heard.iter().filter(|heard| heard.action == "NotifyEvent");
        told.map(|heard| heard.payload["eventData"][0]["techInfo"].clone())
            .any(|info| info == "journal_full")
            .then_some(())
    };
    world.csms.until("a full journal", full).await;
    let answer = world.ask_start(1, 1, minutes(1)).await;
    assert_eq!(answer["status"], "Rejected");
    assert_eq!(answer["statusInfo"]["reasonCode"], "JournalFull");
    assert!(!world.house.is_closed(1));
}

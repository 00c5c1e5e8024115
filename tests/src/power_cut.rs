//! Power cuts on the real disk: what a program really wrote is replayed up to a cut, without what was not synced.

mod image;
mod model;
mod trace;
mod writer;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use outlet_controller::Store;

use image::Disk;
use model::{Model, State};
pub use writer::write;

use crate::random::Random;

/// The program beside the three real ones that writes and says what was acknowledged.
pub const WRITER: &str = "journal-writer";
/// As the writer's argument: commits are not synced.
pub const UNSYNCED: &str = "unsynced";

/// As the writer's argument: an act that fails is told of and tried again.
pub const STUBBORN: &str = "stubborn";

/// A campaign of cuts in one recorded run.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    pub seed: u64,
    pub acts: usize,
    pub cuts: usize,
    /// `PRAGMA synchronous=NORMAL`: shows that the campaign finds losses.
    pub unsynced: bool,
}

/// What a campaign has found.
#[derive(Debug, Default)]
pub struct Found {
    pub cuts: usize,
    /// Each a line: the cut, and what was wrong.
    pub losses: Vec<String>,
}

impl Campaign {
    /// Records one run of the writer, then cuts it off at random places.
    ///
    /// # Panics
    /// If the run cannot be recorded.
    pub async fn run(self, writer: &Path) -> Found {
        let folder = std::env::temp_dir().join(foundation::ids::id("power-cut"));
        let data = folder.join("data");
        std::fs::create_dir_all(&data).unwrap();
        let file = folder.join("trace");
        self.record(writer, &data, &file);
        let trace = trace::read(&file, &data);
        let states = Model::states(self.seed, self.acts);
        let mut random = Random::new(self.seed ^ 0xC0FFEE);
        let mut places: Vec<usize> = (0..self.cuts).map(|_| random.below(trace.len() + 1)).collect();
        places.sort_unstable();
        let mut disk = Disk::default();
        let (mut done, mut found) = (0, Found::default());
        for place in places {
            trace[done..place].iter().for_each(|op| disk.apply(op));
            done = place;
            found.cuts += 1;
            // Each has a folder of its own: a store that was dropped lets go of its files a little later.
            let image = folder.join(format!("image-{}", found.cuts));
            disk.after_a_cut(&image, &mut random);
            if let Some(loss) = loss(&image, &states, disk.acknowledged()).await {
                let seed = self.seed;
                found
                    .losses
                    .push(format!("seed {seed}, cut after operation {place}: {loss}"));
            }
            std::fs::remove_dir_all(&image).unwrap();
        }
        std::fs::remove_dir_all(&folder).unwrap();
        found
    }

    /// What the writer is started with.
    pub fn writer_args(self, data: &Path, manner: &str) -> Vec<OsString> {
        let (seed, acts) = (self.seed.to_string(), self.acts.to_string());
        [
            WRITER.into(),
            data.into(),
            seed.into(),
            acts.into(),
            manner.into(),
        ]
        .into()
    }

    /// What is wrong with the files as they are now, seen in a copy, after so many acts were acknowledged.
    ///
    /// # Panics
    /// If they cannot be copied.
    pub async fn loss_now(self, data: &Path, copy: &Path, acknowledged: usize) -> Option<String> {
        std::fs::create_dir_all(copy).unwrap();
        for file in std::fs::read_dir(data).unwrap().map(Result::unwrap) {
            let is_shared_memory = file.path().extension().is_some_and(|end| end == "db-shm");
            if file.file_type().unwrap().is_file() && !is_shared_memory {
                std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
            }
        }
        loss(copy, &Model::states(self.seed, self.acts), acknowledged).await
    }

    fn record(self, writer: &Path, data: &Path, file: &Path) {
        const CALLS: &str = "trace=openat,write,pwrite64,ftruncate,fdatasync,fsync,rename,unlink";
        let manner = if self.unsynced { UNSYNCED } else { "" };
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-xx", "-s", "100000", "-e", CALLS, "-o"]);
        command.arg(file).arg(writer).args(self.writer_args(data, manner));
        let ended = command
            .output()
            .expect("strace is needed: .ci/install installs it");
        let log = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{log}");
    }
}

/// What is wrong with the image: the store must be exactly as after the last act acknowledged, or after the next one.
async fn loss(image: &Path, states: &[State], acknowledged: usize) -> Option<String> {
    let store = match Store::open(image) {
        Ok(store) => store,
        Err(error) => return Some(format!("it does not open: {error}")),
    };
    let found = match State::of(&store).await {
        Ok(found) => found,
        Err(error) => return Some(format!("it cannot be read: {error}")),
    };
    if found == states[acknowledged] || states.get(acknowledged + 1) == Some(&found) {
        return None;
    }
    let known = states.iter().position(|state| *state == found);
    Some(match known {
        Some(act) => format!("{acknowledged} acts were acknowledged, {act} are there"),
        None => format!("after {acknowledged} acts: half an act is there"),
    })
}

//! A PostgreSQL cluster of a test's own, that can be killed and started again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(30);

/// A running cluster on a Unix socket; gone when dropped.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    /// Whether a commit is on disk when it is answered: for power cuts and for benchmarks, not for SIGKILL.
    synced: bool,
}

/// Where PostgreSQL's programs are; says how to get them if they are not there, and insists where `CI` is set.
///
/// # Panics
/// If they are missing and `CI` is set.
pub fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = debian.flatten().map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = debian
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists());
    missing_unless(found.is_some(), "PostgreSQL's initdb", "postgresql");
    found
}

/// Says what is to be installed, and insists where `CI` is set.
pub(crate) fn missing_unless(there: bool, what: &str, package: &str) {
    if !there {
        let text = format!("SKIPPED: needs {what}; to install: apt-get install {package}");
        assert!(std::env::var_os("CI").is_none(), "{text}");
        eprintln!("{text}");
    }
}

impl Cluster {
    /// Makes and starts one; `None` where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        Self::start_as(false)
    }

    /// The same with commits that are on disk when they are answered.
    pub fn start_synced() -> Option<Self> {
        Self::start_as(true)
    }

    fn start_as(synced: bool) -> Option<Self> {
        let programs = programs()?;
        let folder = std::env::temp_dir().join(foundation::ids::id("pg"));
        std::fs::create_dir(&folder).unwrap();
        let cluster = Self {
            folder,
            programs,
            synced,
        };
        if is_root() {
            // The server refuses to run as root.
            run(Command::new("chown").arg("postgres").arg(&cluster.folder));
        }
        let data = cluster.data();
        run(cluster
            .command("initdb")
            .args(["--auth=trust", "--username=postgres", "--no-sync", "--pgdata"])
            .arg(&data));
        cluster.come_up();
        Some(cluster)
    }

    /// The URL of a new database.
    pub fn create_database(&self, name: &str) -> String {
        run(self
            .command("psql")
            .args(["-q", "-U", "postgres", "-h"])
            .arg(&self.folder)
            .args(["-c", &format!("CREATE DATABASE {name}")]));
        let socket = self.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{name}")
    }

    /// What a query answers, one row a line.
    pub fn query(&self, database: &str, query: &str) -> String {
        let output = self
            .command("psql")
            .args(["-q", "-A", "-t", "-U", "postgres", "-h"])
            .arg(&self.folder)
            .args(["-d", database, "-c", query])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The server's own process, parent of all others.
    pub fn id(&self) -> u32 {
        let pids = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        pids.lines().next().unwrap().parse().unwrap()
    }

    /// SIGKILL for the server and every process of it.
    pub fn kill(&self) {
        let server = self.id().to_string();
        let children = format!("/proc/{server}/task/{server}/children");
        let children = std::fs::read_to_string(children).unwrap();
        let all = std::iter::once(server.as_str()).chain(children.split_whitespace());
        // Some end by themselves when the first is gone.
        let _some_are_gone = Command::new("kill")
            .arg("-9")
            .args(all)
            .stderr(Stdio::null())
            .status();
    }

    /// Stops it as an upgrade would: whoever is connected is thrown out.
    pub fn stop(&self) {
        run(self.control(&["-m", "fast", "-w", "stop"]));
    }

    /// Starts it again.
    ///
    /// # Panics
    /// If it does not come up in time.
    pub fn come_up(&self) {
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories={} -c max_connections=200 -c fsync={}",
            self.folder.display(),
            if self.synced { "on" } else { "off" }
        );
        let deadline = Instant::now() + DEADLINE;
        // After SIGKILL the shared memory of the old one is in use for a moment.
        while !self
            .control(&["-w", "-o", &options, "start"])
            .status()
            .unwrap()
            .success()
        {
            assert!(Instant::now() < deadline, "PostgreSQL does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn control(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("pg_ctl");
        command.arg("-s").arg("-D").arg(self.data());
        command.arg("-l").arg(self.folder.join("log")).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _already_down = self.control(&["-m", "immediate", "stop"]).status();
        let _left_behind = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(Path::new("/proc/self")).is_ok_and(|found| found.uid() == 0)
}

fn run(mut command: impl std::borrow::BorrowMut<Command>) {
    let command = command.borrow_mut();
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = output.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

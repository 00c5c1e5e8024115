//! The real programs as processes that can be killed: started, waited for until they listen, killed with -9.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The program that runs any of ours, told which by its first argument.
pub const MULTICALL: &str = "denro-program";

const KEPT_LINES: usize = 200;
/// Of `/proc/PID/stat`.
const TICK_US: u64 = 10_000;

/// Runs the program that the arguments name: what the executable of a test or benchmark does when it is started as one.
pub fn dispatch(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    match args.first().and_then(|name| name.to_str()) {
        Some("auth-server") => auth_server::cli::run(args),
        Some("event-server") => event_server::cli::run(args),
        Some("outlet-controller") => outlet_controller::cli::run(args),
        Some("denro") => denro::cli::run(args),
        Some(crate::power_cut::WRITER) => crate::power_cut::write(&args),
        other => {
            eprintln!(
                "{MULTICALL}: {other:?}: expected denro, auth-server, event-server or outlet-controller"
            );
            ExitCode::from(2)
        }
    }
}

/// What to start.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The executable and what goes before the program's name.
    pub executable: PathBuf,
    pub prefix: Vec<String>,
}

impl Launch {
    /// The multi-call program beside this test.
    pub fn beside_this_test() -> Self {
        let here = std::env::current_exe().unwrap();
        let folder = here.parent().unwrap();
        let folder = if folder.ends_with("deps") {
            folder.parent().unwrap()
        } else {
            folder
        };
        Self {
            executable: folder.join(MULTICALL),
            prefix: Vec::new(),
        }
    }

    /// This executable itself, which calls [`dispatch`] when its first argument is `program`.
    pub fn this_executable() -> Self {
        Self {
            executable: std::env::current_exe().unwrap(),
            prefix: vec!["program".into()],
        }
    }

    /// The program's own executable, with its own allocator, where it was built beside this one; else this one.
    pub fn own_executable(program: &str) -> Self {
        let executable = std::env::current_exe().unwrap().with_file_name(program);
        if !executable.exists() {
            eprintln!(
                "without {}: its memory is that of this program",
                executable.display()
            );
            return Self::this_executable();
        }
        Self {
            executable,
            prefix: Vec::new(),
        }
    }

    /// Starts `program` on a configuration file.
    pub fn start(&self, program: &str, config: &Path) -> Process {
        let is_its_own = self.executable.file_name().is_some_and(|name| name == program);
        let mut child = Command::new(&self.executable)
            .args(&self.prefix)
            .args((!is_its_own).then_some(program))
            .arg("--config")
            .arg(config)
            .current_dir(config.parent().unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::inherit())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.executable.display()));
        let log = Arc::new(Mutex::new(Log::default()));
        let stderr = child.stderr.take().unwrap();
        let thread = {
            let log = Arc::clone(&log);
            std::thread::spawn(move || read(stderr, &log))
        };
        Process {
            name: program.to_owned(),
            child,
            log,
            _reader: thread,
        }
    }
}

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: Arc<Mutex<Log>>,
    _reader: std::thread::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Log {
    last: VecDeque<String>,
    address: Option<SocketAddr>,
    metrics_address: Option<SocketAddr>,
    ended: bool,
}

impl Process {
    /// Where it listens, by its own log.
    ///
    /// # Panics
    /// If it ends first, or says nothing for 20 s.
    pub async fn address(&self) -> SocketAddr {
        self.until_logged(|log| log.address).await
    }

    /// Where its figures can be read, by its own log.
    ///
    /// # Panics
    /// As [`Process::address`].
    pub async fn metrics_address(&self) -> SocketAddr {
        self.until_logged(|log| log.metrics_address).await
    }

    /// Returns once a line of its log contains `text`.
    ///
    /// # Panics
    /// As [`Process::address`].
    pub async fn until_it_says(&self, text: &str) {
        let says = |log: &Log| log.last.iter().any(|line| line.contains(text)).then_some(());
        self.until_logged(says).await;
    }

    async fn until_logged<T>(&self, look: impl Fn(&Log) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let ended = {
                let log = self.log.lock().unwrap();
                if let Some(found) = look(&log) {
                    return found;
                }
                log.ended || Instant::now() > deadline
            };
            assert!(!ended, "{} did not get ready:\n{}", self.name, self.log_text());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: nothing is finished, nothing is flushed.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The last lines of its log.
    pub fn log_text(&self) -> String {
        let log = self.log.lock().unwrap();
        log.last.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// CPU time used so far, user and system, in microseconds.
    pub fn cpu_us(&self) -> u64 {
        cpu_us(self.id())
    }

    /// Memory that it occupies now, in KiB.
    pub fn rss_kib(&self) -> u64 {
        rss_kib(self.id(), "VmRSS:")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = (self.child.kill(), self.child.wait());
    }
}

/// Memory of a process in KiB: `VmRSS:` is what it occupies now, `VmHWM:` the most that it ever did.
pub fn rss_kib(pid: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let value = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
    value.trim().trim_end_matches(" kB").parse().unwrap()
}

/// CPU time of a process, user and system, in microseconds: `/proc/PID/stat` counts in hundredths of a second.
pub fn cpu_us(pid: u32) -> u64 {
    cpu_ticks(pid, 2).unwrap() * TICK_US
}

/// The same of a process and all that it has started, with those that have ended.
pub fn family_cpu_us(pid: u32) -> u64 {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let of_child = |child: &str| child.parse().map_or(0, family_cpu_us);
    let living: u64 = children.split_whitespace().map(of_child).sum();
    // Of those that have ended, what they took is told with their parent.
    living + cpu_ticks(pid, 4).unwrap_or_default() * TICK_US
}

/// The first `fields` of utime, stime, cutime and cstime; none where there is no such process any more.
fn cpu_ticks(pid: u32, fields: usize) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.get(stat.rfind(')')? + 2..)?;
    let of_time = after_name.split(' ').skip(11).take(fields);
    of_time.map(|field| field.parse::<u64>().ok()).sum()
}

fn read(stderr: ChildStderr, log: &Mutex<Log>) {
    let show = std::env::var_os("SHOW_LOGS").is_some();
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let line = without_colours(&line);
        if show {
            eprintln!("  | {line}");
        }
        let mut log = log.lock().unwrap();
        if log.address.is_none() && line.contains("listen") {
            log.address = address_in(&line);
        }
        if line.contains("figures for Prometheus") {
            log.metrics_address = address_in(&line);
        }
        if log.last.len() == KEPT_LINES {
            log.last.pop_front();
        }
        log.last.push_back(line);
    }
    log.lock().unwrap().ended = true;
}

fn address_in(line: &str) -> Option<SocketAddr> {
    line.split(['=', ' ', '/', '"'])
        .find_map(|word| word.parse().ok())
}

/// Drops the escape sequences of the terminal.
fn without_colours(line: &str) -> String {
    let mut text = String::new();
    let mut parts = line.split("\u{1b}[");
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        text.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_do_not_hide_the_address() {
        let line = "\u{1b}[2m2026\u{1b}[0m auth-server listens \u{1b}[3maddress\u{1b}[0m=127.0.0.1:80";
        assert_eq!(
            without_colours(line),
            "2026 auth-server listens address=127.0.0.1:80"
        );
    }

    #[test]
    fn cpu_time_rises_with_work() {
        let before = cpu_us(std::process::id());
        let started = Instant::now();
        let mut x = 1_u64;
        while started.elapsed() < Duration::from_millis(60) {
            x = std::hint::black_box(x.wrapping_mul(31));
        }
        assert!(cpu_us(std::process::id()) > before);
    }

    #[test]
    fn the_cpu_time_of_a_family_has_that_of_children_that_live_and_that_have_ended() {
        let busy = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done";
        let script = format!("sh -c '{busy}'; sh -c '{busy}; echo done; read x' & {busy}; read x; wait");
        let mut shell = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(shell.stdout.take().unwrap());
        said.read_line(&mut String::new()).unwrap();
        assert!(family_cpu_us(shell.id()) > cpu_us(shell.id()) + TICK_US);
        shell.kill().unwrap();
        shell.wait().unwrap();
    }
}

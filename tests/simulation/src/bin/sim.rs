//! Tells stories: `sim SEED` one of them, whole; `sim --seeds N` many of them, in silence.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for developers")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use simulation::checker::Findings;
use simulation::disk::Sync;
use simulation::story::{Outcome, tell};

const USAGE: &str = "usage: sim SEED [--normal]\n       sim --seeds N [--from SEED] [--threads T] [--normal] [--until-failure [--expect CHECK]...]";
/// So many failures are named; one is told.
const NAMED: usize = 20;
/// Of fewer stories it cannot be said how often something must happen.
const ENOUGH: u64 = 1_000;

#[derive(Debug)]
struct Options {
    seed: Option<u64>,
    seeds: u64,
    from: u64,
    threads: u64,
    sync: Sync,
    until_failure: bool,
    /// Of these checks; of any where there is none.
    expected: Vec<String>,
}

#[derive(Debug, Default)]
struct Sum {
    stories: u64,
    charges: u64,
    simulated_ms: u64,
    findings: Findings,
    failed: Vec<Outcome>,
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        println!("{USAGE}");
        return ExitCode::FAILURE;
    };
    match options.seed {
        Some(seed) => one(seed, options.sync),
        None => many(&options),
    }
}

fn options() -> Option<Options> {
    let mut options = Options {
        seed: None,
        seeds: 0,
        from: 1,
        threads: 2,
        sync: Sync::Full,
        until_failure: false,
        expected: Vec::new(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || args.next()?.parse().ok();
        match arg.as_str() {
            "--seeds" => options.seeds = number()?,
            "--from" => options.from = number()?,
            "--threads" => options.threads = number()?,
            "--normal" => options.sync = Sync::Normal,
            "--until-failure" => options.until_failure = true,
            "--expect" => options.expected.push(args.next()?),
            seed => options.seed = Some(seed.parse().ok()?),
        }
    }
    (options.seed.is_some() || options.seeds > 0).then_some(options)
}

impl Options {
    /// Whether a story has failed as it was expected to.
    fn counts(&self, outcome: &Outcome) -> bool {
        let mut violations = outcome.violations.iter();
        violations.any(|violation| {
            let mut expected = self.expected.iter();
            self.expected.is_empty() || expected.any(|check| violation.starts_with(&format!("{check}, at ")))
        })
    }
}

fn one(seed: u64, sync: Sync) -> ExitCode {
    let outcome = tell(seed, sync, true);
    outcome.story.iter().for_each(|line| println!("{line}"));
    verdict(&outcome)
}

fn verdict(outcome: &Outcome) -> ExitCode {
    println!(
        "\nseed {}: {} s, {} charges",
        outcome.seed,
        outcome.simulated_ms / 1000,
        outcome.charges
    );
    if outcome.violations.is_empty() {
        println!("all invariants hold");
        return ExitCode::SUCCESS;
    }
    outcome
        .violations
        .iter()
        .for_each(|violation| println!("VIOLATED {violation}"));
    ExitCode::FAILURE
}

fn many(options: &Options) -> ExitCode {
    let (begun, next, sum) = (
        Instant::now(),
        AtomicU64::new(options.from),
        Mutex::new(Sum::default()),
    );
    std::thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| work(options, &next, &sum));
        }
    });
    let mut sum = sum.into_inner().unwrap();
    println!(
        "{} seeds, {} charges, {} simulated hours in {:.0} s: {} failed",
        sum.stories,
        sum.charges,
        sum.simulated_ms / 3_600_000,
        begun.elapsed().as_secs_f64(),
        sum.failed.len()
    );
    sum.failed.sort_by_key(|outcome| outcome.seed);
    for outcome in sum.failed.iter().take(NAMED) {
        println!("seed {}: {}", outcome.seed, outcome.violations.join("; "));
    }
    for (check, times) in &sum.findings.judged {
        println!("{times:>9} times  {check}");
    }
    let idle = sum.findings.idle(sum.stories);
    idle.iter()
        .for_each(|check| println!("judged too rarely: {check}"));
    match sum.failed.first() {
        None if sum.stories >= ENOUGH && !idle.is_empty() => ExitCode::FAILURE,
        None => ExitCode::SUCCESS,
        Some(first) if options.until_failure => verdict(first),
        Some(first) => one(first.seed, options.sync),
    }
}

fn work(options: &Options, next: &AtomicU64, sum: &Mutex<Sum>) {
    loop {
        let seed = next.fetch_add(1, Relaxed);
        let stop = options.until_failure && !sum.lock().unwrap().failed.is_empty();
        if stop || seed >= options.from + options.seeds {
            return;
        }
        let outcome = tell(seed, options.sync, false);
        let mut sum = sum.lock().unwrap();
        sum.stories += 1;
        sum.charges += outcome.charges as u64;
        sum.simulated_ms += outcome.simulated_ms;
        sum.findings.add(&outcome.judged);
        if options.counts(&outcome) {
            sum.failed.push(outcome);
        }
    }
}

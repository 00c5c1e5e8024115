//! The API against its own document: PyPI schemathesis makes up requests, good and bad ones, and judges every answer.

use std::process::Stdio;
use std::time::Instant;

use system_tests::peer::{self, Runtime};
use system_tests::world::{Options, World};

/// A run of schemathesis: its phases, and how many cases of each operation it makes up beside what the schemas suggest;
/// `SCHEMATHESIS_EXAMPLES` asks for more.
struct Lot {
    name: &'static str,
    phases: &'static str,
    examples: &'static str,
    /// What its configuration says beside what all say.
    config: &'static str,
}

/// At once, each over all operations with a seed of its own: it is their making that takes the time, and one process makes
/// no more than one processor can. The first also takes ids that it has met in answers. Then what is made depends on what
/// was answered, and Hypothesis ends an operation without a word where it notices, after a fifth of what it was asked for;
/// so the second takes none.
const LOTS: [Lot; 2] = [
    Lot {
        name: "known",
        phases: "examples,coverage,fuzzing,stateful",
        examples: "100",
        config: "",
    },
    Lot {
        name: "unknown",
        phases: "fuzzing",
        examples: "110",
        config: "[phases.fuzzing.extra-data-sources]\nresponses = false\n",
    },
];
const CASES: u64 = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_to_good_and_bad_requests_is_what_the_document_says() {
    if !Runtime::Python.is_there() {
        return;
    }
    let world = World::start(Options::default()).await;
    let begun = Instant::now();
    let [first, second] = LOTS.map(|lot| schemathesis(&world, lot));
    let (first, second) = tokio::join!(first, second);
    let cases = first + second;
    let requests = requests(&world.figures().await[1]);
    println!(
        "{cases} cases ({first} and {second}), {requests} requests in {} s",
        begun.elapsed().as_secs()
    );
    assert!(cases >= CASES, "{cases} cases are too few");
    assert!(requests >= CASES, "the server has seen {requests} requests");
    world.stop().await;
}

/// How many cases it has sent, all of which were answered well.
async fn schemathesis(world: &World, lot: Lot) -> u64 {
    let examples = std::env::var("SCHEMATHESIS_EXAMPLES").unwrap_or(lot.examples.to_owned());
    let [token_url, client_id, client_secret] = world.api.credentials();
    let config = world.folder.join(format!("schemathesis-{}.toml", lot.name));
    let common = std::fs::read_to_string(peer::folder().join("schemathesis.toml")).unwrap();
    std::fs::write(&config, common + "\n" + lot.config).unwrap();
    let python = Runtime::Python.executable();
    // The tests beside this one go first.
    let mut command = tokio::process::Command::new("nice");
    command
        .args(["-n", "10"])
        .arg(python.with_file_name("schemathesis"))
        .arg("--config-file")
        .arg(&config)
        .args(["run", &world.api.url("/openapi.json")])
        // One worker: the threads of two trip over each other in CPython 3.11's `ast.parse` ("recursion depth mismatch").
        .args(["--phases", lot.phases, "--max-examples", &examples])
        .args(["--workers", "1", "--no-color", "--continue-on-failure"])
        .args(["--generation-database", "none"])
        // That a machine is busy is no fault of the API's.
        .args(["--suppress-health-check", "too_slow"])
        .env("SCHEMATHESIS_HOOKS", peer::folder().join("schemathesis_token.py"))
        .env("DENRO_TOKEN_URL", token_url)
        .env("DENRO_CLIENT_ID", client_id)
        .env("DENRO_CLIENT_SECRET", client_secret)
        .current_dir(&world.folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await.unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{shown}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    generated(&shown).unwrap_or_else(|| panic!("no number of cases in {shown}"))
}

/// `  2917 generated, …` under `Test cases:`.
fn generated(shown: &str) -> Option<u64> {
    let line = shown.lines().find(|line| line.contains(" generated"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What the server itself has counted.
fn requests(figures: &str) -> u64 {
    let counted = figures
        .lines()
        .filter(|line| line.starts_with("denro_http_requests_total{"));
    let count = |line: &str| line.rsplit_once(' ')?.1.parse::<u64>().ok();
    counted.filter_map(count).sum()
}

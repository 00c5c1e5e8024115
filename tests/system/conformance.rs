//! The API against its own document: PyPI schemathesis makes up requests, good and bad ones, and judges every answer.

use std::process::Stdio;

use system_tests::peer::{self, Runtime};
use system_tests::world::{Options, World};

/// Of each operation, beside all that its schema's bounds suggest; `SCHEMATHESIS_EXAMPLES` asks for more.
const EXAMPLES: &str = "6";
const CASES: u64 = 4_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_to_good_and_bad_requests_is_what_the_document_says() {
    if !Runtime::Python.is_there() {
        return;
    }
    let world = World::start(Options::default()).await;
    let examples = std::env::var("SCHEMATHESIS_EXAMPLES").unwrap_or(EXAMPLES.to_owned());
    let shown = schemathesis(&world, &examples).await;
    let cases = generated(&shown).unwrap_or_else(|| panic!("no number of cases in {shown}"));
    println!("{cases} cases");
    assert!(cases >= CASES, "{cases} cases are too few");
    world.stop().await;
}

async fn schemathesis(world: &World, examples: &str) -> String {
    let python = Runtime::Python.executable();
    let mut command = tokio::process::Command::new(python.with_file_name("schemathesis"));
    command
        .arg("--config-file")
        .arg(peer::folder().join("schemathesis.toml"))
        .args(["run", &world.api.url("/openapi.json")])
        // One worker: the threads of two trip over each other in CPython 3.11's `ast.parse` ("recursion depth mismatch").
        .args(["--max-examples", examples, "--workers", "1", "--no-color"])
        .args(["--generation-database", "none", "--continue-on-failure"])
        .arg("--header")
        .arg(format!("Authorization: Bearer {}", world.api.token().await))
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
    shown
}

/// `  2917 generated, …` under `Test cases:`.
fn generated(shown: &str) -> Option<u64> {
    let line = shown.lines().find(|line| line.contains(" generated"))?;
    line.split_whitespace().next()?.parse().ok()
}

//! The samples of docs/how-to/receive-events.md, run on deliveries as they came.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use system_tests::peer::Runtime;
use system_tests::receiver::Delivery;
use system_tests::world::{Options, World};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The sample in the page of that language that verifies.
fn sample(language: &str) -> String {
    let page = std::fs::read_to_string(root().join("docs/how-to/receive-events.md")).unwrap();
    let opens = format!("```{language}\n");
    let blocks = page.split(&opens).skip(1);
    let mut blocks = blocks.map(|after| after.split_once("\n```").unwrap().0.to_owned());
    blocks.find(|block| block.contains("SECRET")).unwrap()
}

fn command(language: &str) -> Command {
    let (program, arguments): (PathBuf, &[&str]) = match language {
        "sh" => ("sh".into(), &["-c"]),
        "python" => (root().join(".venv/bin/python"), &["-c"]),
        _ => ("node".into(), &["--input-type=module", "-e"]),
    };
    let mut command = Command::new(program);
    // Where Node finds its packages.
    command
        .args(arguments)
        .arg(sample(language))
        .current_dir(root().join("tests/peers/node"));
    command
}

async fn accepts(language: &str, secret: &str, delivery: &Delivery, body: &[u8]) -> bool {
    let header = |name: &str| delivery.headers[name].clone();
    let mut child = command(language)
        .env("SECRET", secret)
        .env("ID", header("webhook-id"))
        .env("TIMESTAMP", header("webhook-timestamp"))
        .env("SIGNATURE", header("webhook-signature"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(body).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.trim() == "good",
        output.status.success(),
        "{language}: {output:?}"
    );
    output.status.success()
}

/// By openssl, which is everywhere.
pub(crate) async fn is_good(secret: &str, delivery: &Delivery) -> bool {
    accepts("sh", secret, delivery, &delivery.body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_samples_of_the_how_to_take_what_we_send_and_nothing_else() {
    if !Runtime::Python.is_there() || !Runtime::Node.is_there() {
        return;
    }
    let world = World::start(Options::default()).await;
    let charge = world.start_charge(1, json!({"duration_s": 600})).await;
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    let delivery = world.receiver.deliveries().remove(0);
    let tampered = [&delivery.body[..], b" "].concat();
    let stranger = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for language in ["sh", "python", "typescript"] {
        assert!(
            accepts(language, &world.webhook_secret, &delivery, &delivery.body).await,
            "{language}"
        );
        assert!(
            !accepts(language, &world.webhook_secret, &delivery, &tampered).await,
            "{language}"
        );
        assert!(
            !accepts(language, stranger, &delivery, &delivery.body).await,
            "{language}"
        );
    }
    world.finish().await;
}

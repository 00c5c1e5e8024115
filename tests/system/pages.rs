//! The pages of residents and managers in a real Chromium, on the building of the demo.

use serde_json::{Value, json};
use system_tests::peer::Runtime;

use crate::developers::Demo;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn residents_charge_and_managers_look_after_the_building_in_a_browser() {
    // With a past, so that there is a month to close; and with mails, which nobody takes at that port.
    let lines = walk("node/pages.mjs", &["--mail", "127.0.0.1:9"]).await;
    if let Some(lines) = lines {
        judge(&lines, 20);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_is_told_to_residents_in_a_browser() {
    if let Some(lines) = walk("node/failures.mjs", &["--bare"]).await {
        judge(&lines, 9);
    }
}

/// What a script has said of the demo's pages, where browsers can be started.
async fn walk(script: &str, options: &[&str]) -> Option<Vec<Value>> {
    if !Runtime::Node.is_there() || !Runtime::Chromium.is_there() {
        return None;
    }
    let demo = Demo::start_with(options).await;
    let facts = demo.facts.to_string();
    let pictures = std::env::var("DENRO_PICTURES").ok();
    let arguments: Vec<&str> = [facts.as_str()].into_iter().chain(pictures.as_deref()).collect();
    Some(Runtime::Node.start(script, &arguments).finish().await)
}

/// Every page is accessible, every check holds, and nobody else was asked for anything.
#[expect(clippy::print_stdout, reason = "how slowly pages come")]
fn judge(lines: &[Value], pages: usize) {
    for page in lines.iter().filter(|line| !line["slowly"].is_null()) {
        println!("{page}");
    }
    let said = |key: &str| -> Vec<&Value> { lines.iter().filter(|line| !line[key].is_null()).collect() };
    for page in said("page") {
        assert_eq!(page["found"], json!([]), "{page:#}");
    }
    assert!(said("page").len() >= pages, "{lines:#?}");
    for check in said("check") {
        assert_eq!(check["saw"], check["expected"], "{check:#}");
    }
    assert_eq!(said("outside")[0]["outside"], json!([]));
    assert_eq!(said("done").len(), 1, "{lines:#?}");
}

//! The pages of residents and managers in a real Chromium, on the building of the demo.

use serde_json::{Value, json};
use system_tests::peer::Runtime;

use crate::developers::Demo;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn residents_charge_and_managers_look_after_the_building_in_a_browser() {
    if !Runtime::Node.is_there() || !Runtime::Chromium.is_there() {
        return;
    }
    // With a past, so that there is a month to close; and with mails, which nobody takes at that port.
    let demo = Demo::start_with(&["--mail", "127.0.0.1:9"]).await;
    let facts = demo.facts.to_string();
    let pictures = std::env::var("DENRO_PICTURES").ok();
    let arguments: Vec<&str> = [facts.as_str()].into_iter().chain(pictures.as_deref()).collect();
    let lines = Runtime::Node.start("node/pages.mjs", &arguments).finish().await;

    for page in lines.iter().filter(|line| !line["slowly"].is_null()) {
        println!("{page}");
    }
    let said = |key: &str| -> Vec<&Value> { lines.iter().filter(|line| !line[key].is_null()).collect() };
    for page in said("page") {
        assert_eq!(page["found"], json!([]), "{page:#}");
    }
    assert!(said("page").len() >= 20, "{lines:#?}");
    for check in said("check") {
        assert_eq!(check["saw"], check["expected"], "{check:#}");
    }
    assert_eq!(said("outside")[0]["outside"], json!([]));
    assert_eq!(said("done").len(), 1, "{lines:#?}");
}

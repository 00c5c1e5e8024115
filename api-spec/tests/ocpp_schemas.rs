//! The generated OCPP types accept and refuse exactly what the official schemas do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![expect(clippy::print_stderr, reason = "says why it was skipped")]

mod ocpp_dispatch;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use serde_json::value::RawValue;

/// Reads a message and writes it again.
type Check = fn(&str) -> Result<String, serde_json::Error>;

fn check<T: DeserializeOwned + Serialize>(json: &str) -> Result<String, serde_json::Error> {
    serde_json::to_string(&serde_json::from_str::<T>(json)?)
}

#[derive(Deserialize)]
struct Instance<'a> {
    version: &'a str,
    message: &'a str,
    valid: bool,
    why: String,
    #[serde(borrow)]
    json: &'a RawValue,
}

fn table(version: &str) -> &'static [(&'static str, Check)] {
    match version {
        "v201" => ocpp_dispatch::V201,
        "v21" => ocpp_dispatch::V21,
        other => panic!("unknown version {other}"),
    }
}

/// Equal, where a number is its value: 5 and 5.0 are the same.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| equal(left, right)))
        }
        (left, right) => left == right,
    }
}

/// What is wrong with how one instance was treated.
fn fault(instance: &Instance<'_>, check: Check) -> Option<String> {
    let written = match (check(instance.json.get()), instance.valid) {
        (Ok(written), true) => written,
        (Err(_), false) => return None,
        (Ok(_), false) => return Some("accepted".to_owned()),
        (Err(error), true) => return Some(error.to_string()),
    };
    let [sent, back] =
        [instance.json.get(), &written].map(|json| serde_json::from_str::<Value>(json).unwrap());
    (!equal(&sent, &back)).then(|| format!("came back as {written}"))
}

/// The instances, or nothing where the Python packages are missing and this is not CI.
fn instances() -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned();
    let python =
        std::env::var_os("DENRO_PYTHON").map_or_else(|| root.join(".venv/bin/python"), PathBuf::from);
    let has_packages = Command::new(&python)
        .args(["-c", "import ocpp, jsonschema"])
        .output();
    if !has_packages.is_ok_and(|output| output.status.success()) {
        let hint = "python3 -m venv .venv && .venv/bin/pip install -r tests/requirements.txt";
        let reason = format!("SKIPPED: needs PyPI ocpp==2.1.0 ({hint})");
        assert!(std::env::var_os("CI").is_none(), "{reason}");
        eprintln!("{reason}");
        return None;
    }
    let script = root.join("api-spec/tests/ocpp_schemas.py");
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(python)
        .arg(script)
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    Some(String::from_utf8(stdout).unwrap())
}

#[test]
fn every_valid_instance_comes_back_unchanged_and_every_invalid_one_is_refused() {
    let Some(lines) = instances() else { return };
    let (mut seen, mut faults, mut counts) = (BTreeSet::new(), Vec::new(), [0, 0]);
    for line in lines.lines() {
        let instance: Instance<'_> = serde_json::from_str(line).unwrap();
        let Instance {
            version,
            message,
            valid,
            why,
            json,
        } = &instance;
        let entry = table(version).iter().find(|(name, _)| name == message);
        let Some((_, check)) = entry else {
            panic!("{version} {message} is not in the table")
        };
        if let Some(fault) = fault(&instance, *check) {
            faults.push(format!("{version} {message} ({why}): {fault}\n  {}", json.get()));
        }
        seen.insert((*version, *message));
        *counts.get_mut(usize::from(*valid)).unwrap() += 1;
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
    assert_eq!(
        seen.len(),
        ocpp_dispatch::V201.len() + ocpp_dispatch::V21.len(),
        "every message has instances"
    );
    assert!(
        counts.iter().all(|count| *count > 2_000),
        "too few instances: {counts:?}"
    );
}

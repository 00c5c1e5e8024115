//! What keeps the workspace tidy and no compiler checks: who may know whom, sizes of files, words in their place.

use std::path::{Path, PathBuf};

const MAX_LINES: usize = 400;
const PROGRAMS: [&str; 3] = ["auth-server", "event-server", "outlet-controller"];
const CRATES: [&str; 8] = [
    "domain",
    "api-spec",
    "foundation",
    "auth-server",
    "event-server",
    "outlet-controller",
    "all-in-one",
    "tests",
];
/// Written by tools/ocpp-types.
const GENERATED: [&str; 3] = [
    "api-spec/src/ocpp/v201.rs",
    "api-spec/src/ocpp/v21.rs",
    "api-spec/tests/ocpp_dispatch/mod.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn files_in(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !["target", "node_modules", ".venv", ".git"].contains(&name) {
            found.extend(files_in(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found
}

/// Path from the root, and text, of every source file.
fn sources() -> Vec<(String, String)> {
    let files = CRATES.iter().flat_map(|name| files_in(&root().join(name), "rs"));
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    files.map(read).collect()
}

#[track_caller]
fn assert_none(what: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}

/// The crates of this workspace that a crate depends on, tests included.
fn dependencies(folder: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    let ours = CRATES.iter().copied().chain(["denro"]);
    let names = tables
        .iter()
        .filter_map(|table| manifest.get(*table)?.as_table())
        .flat_map(|table| table.keys());
    let names: Vec<&String> = names.collect();
    ours.filter(|name| names.iter().any(|n| n == name))
        .map(str::to_owned)
        .collect()
}

#[test]
fn domain_and_api_spec_know_nobody() {
    for folder in ["domain", "api-spec"] {
        assert_eq!(dependencies(folder), Vec::<String>::new(), "{folder}");
    }
}

#[test]
fn the_foundation_knows_no_program_and_no_program_knows_another() {
    let mut faults = Vec::new();
    for folder in PROGRAMS.into_iter().chain(["foundation"]) {
        for known in dependencies(folder) {
            if PROGRAMS.contains(&known.as_str()) || known == "denro" {
                faults.push(format!("{folder} depends on {known}"));
            }
        }
    }
    assert_none("programs that know each other", faults);
}

#[test]
fn nothing_in_store_knows_http_or_ocpp() {
    let forbidden = [
        "crate::http",
        "crate::ocpp",
        "api_spec::ocpp",
        "actix_web",
        "super::super::http",
    ];
    let mut faults = Vec::new();
    for (name, text) in sources() {
        if name.contains("/src/store/") || name.ends_with("/src/store.rs") {
            let found = forbidden.iter().filter(|word| text.contains(**word));
            faults.extend(found.map(|word| format!("{name}: {word}")));
        }
    }
    assert_none("imports of the edge in the store", faults);
}

#[test]
fn operations_do_not_know_http_or_ocpp() {
    let mut faults = Vec::new();
    for (name, text) in sources() {
        if name.contains("/src/operations") {
            let found = ["crate::http", "api_spec::ocpp", "actix_web"]
                .into_iter()
                .filter(|word| text.contains(word));
            faults.extend(found.map(|word| format!("{name}: {word}")));
        }
    }
    assert_none("imports of the edge in operations", faults);
}

#[test]
fn the_words_of_ocpp_stay_in_ocpp() {
    // Tests play the other end of the wire.
    let speaks_ocpp =
        |name: &str| name.contains("/ocpp") || name.starts_with("tests/") || name.contains("/tests/");
    let mut faults = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| !speaks_ocpp(name)) {
        for (number, line) in text.lines().enumerate() {
            let lower = line.to_lowercase();
            if lower.contains("evse") || lower.contains("connector") {
                faults.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none("words that appear only inside ocpp/", faults);
}

#[test]
fn every_source_file_says_first_what_it_is() {
    let sources = sources();
    let without_shebang = |text: &str| match text.strip_prefix("#!/") {
        Some(rest) => rest
            .split_once('\n')
            .map_or(String::new(), |(_, rest)| rest.to_owned()),
        None => text.to_owned(),
    };
    let silent = sources
        .iter()
        .filter(|(_, text)| !without_shebang(text).starts_with("//! "));
    assert_none(
        "files without a first line that says what they are",
        silent.map(|(name, _)| name.clone()).collect(),
    );
}

#[test]
fn hand_written_files_are_small() {
    let large = |(name, text): &(String, String)| {
        let lines = text.lines().count();
        (lines > MAX_LINES && !GENERATED.contains(&name.as_str())).then(|| format!("{name}: {lines} lines"))
    };
    assert_none(
        "files of more than 400 lines",
        sources().iter().filter_map(large).collect(),
    );
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let attribute = ["#[", "allow("].concat();
    let inner = ["#![", "allow("].concat();
    let allows = |(name, text): &(String, String)| {
        (text.contains(&attribute) || text.contains(&inner)).then(|| name.clone())
    };
    let generated = |name: &String| GENERATED.contains(&name.as_str());
    let faults = sources()
        .iter()
        .filter_map(allows)
        .filter(|name| !generated(name))
        .collect();
    assert_none("lints switched off", faults);
}

#[test]
fn numbers_in_json_stay_numbers_and_there_is_one_crypto_library() {
    let word = ["arbitrary", "_precision"].concat();
    let mut faults = Vec::new();
    for file in CRATES
        .iter()
        .map(|name| root().join(name).join("Cargo.toml"))
        .chain([root().join("Cargo.toml")])
    {
        if std::fs::read_to_string(&file).unwrap().contains(&word) {
            faults.push(format!("{}: {word}", file.display()));
        }
    }
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock"))
        .unwrap()
        .parse()
        .unwrap();
    for package in lock["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if ["openssl", "openssl-sys", "native-tls"].contains(&name) {
            faults.push(format!("Cargo.lock: {name}"));
        }
    }
    assert_none("what must not be built in", faults);
}

#[test]
fn every_query_and_every_job_that_writes_is_in_a_file_of_its_name() {
    let mut faults = Vec::new();
    for program in PROGRAMS {
        for (name, text) in sources()
            .into_iter()
            .filter(|(name, _)| name.starts_with(program))
        {
            let in_store =
                name.contains("/src/store") || name.contains("/tests/") || name.contains("tests.rs");
            if !in_store && (text.contains("diesel::insert_into") || text.contains("diesel::update(")) {
                faults.push(format!("{name}: writes to the database outside store/"));
            }
        }
    }
    assert_none("queries outside store/", faults);
}

#[test]
fn every_test_that_the_documentation_names_is_there() {
    let sources: String = sources().into_iter().map(|(_, text)| text).collect();
    let mut faults = Vec::new();
    for page in ["docs/security-tests.md", "docs/field-bugs.md"] {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        // What stands between backticks and is a sentence.
        let named = text.split('`').skip(1).step_by(2);
        let named = named.filter(|name| name.matches('_').count() >= 3 && !name.contains('/'));
        let missing = named.filter(|name| !sources.contains(&format!("fn {name}()")));
        faults.extend(missing.map(|name| format!("{page}: {name}")));
    }
    assert_none("named and not there", faults);
}

#[test]
fn the_limits_on_the_page_are_those_in_the_sources() {
    let text = std::fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let mut faults = Vec::new();
    let mut checked = 0;
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let quoted: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        let [.., path, limit] = quoted.as_slice() else {
            continue;
        };
        let Ok(source) = std::fs::read_to_string(root().join(path)) else {
            continue;
        };
        checked += 1;
        let says = match limit.split_once(" = ") {
            Some((name, value)) => source.lines().any(|line| {
                line.contains(&format!("const {name}: ")) && line.ends_with(&format!(" = {value};"))
            }),
            None => source.contains(limit),
        };
        if !says {
            faults.push(format!("{path}: {limit}"));
        }
    }
    assert!(checked > 30, "only {checked} limits were found on the page");
    assert_none("docs/limits.md says otherwise", faults);
}

//! The files in the how-tos are good files, and the parts of files are good parts.

use std::path::{Path, PathBuf};

use outlet_controller::modbus::device::Device;
use outlet_controller::modbus::library::Library;
use outlet_controller::modbus::panel::Panel;
use toml::{Table, Value};

const HEAD: &str = "schema = 1\nid = 'x'\ntitle = 'x'\nstatus = 'guess'\nsources = []\n";

/// The TOML blocks of a page: whole files, and parts.
fn blocks(page: &str) -> (Vec<String>, Vec<String>) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/how-to")
        .join(page);
    let text = std::fs::read_to_string(page).unwrap();
    let block = |after: &str| after.split_once("\n```").unwrap().0.to_owned();
    let blocks = text.split("```toml\n").skip(1).map(block);
    blocks.partition(|block| block.contains("schema = 1\n"))
}

/// The library with the device files of the page.
fn library() -> Library {
    let folder: PathBuf = std::env::temp_dir().join(foundation::ids::id("how-to"));
    std::fs::create_dir(&folder).unwrap();
    let (files, _) = blocks("add-a-device.md");
    for (number, text) in files.iter().enumerate() {
        std::fs::write(folder.join(format!("{number}.toml")), text).unwrap();
    }
    let library = Library::with_directory(&folder).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    library
}

#[test]
fn the_device_files_of_the_how_to_are_good_and_so_are_their_parts() {
    let (files, parts) = blocks("add-a-device.md");
    assert_eq!((files.len(), parts.len()), (2, 2));
    let library = library();
    assert!(library.device("acme.m1").is_some() && library.device("acme.b4").is_some());
    for part in parts {
        Device::parse(Path::new("part"), &format!("{HEAD}{part}")).unwrap();
    }
}

#[test]
fn the_panel_file_of_the_how_to_is_good_and_stays_so_with_every_part() {
    let (files, parts) = blocks("describe-a-panel.md");
    let (programs, parts): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.contains("data_dir"));
    assert_eq!((files.len(), programs.len(), parts.len()), (1, 1, 3));
    let library = library();
    let load = |text: &str| Panel::parse(Path::new("panel.toml"), text, &library).unwrap();
    assert_eq!(load(&files[0]).outlets.len(), 4);
    for part in parts {
        let mut whole: Table = files[0].parse().unwrap();
        merge(&mut whole, part.parse().unwrap());
        load(&toml::to_string(&whole).unwrap());
    }
}

fn merge(whole: &mut Table, part: Table) {
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(more)) => merge(inner, more),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

/// The pages tell to work in the root of the repository, with the device files in `devices/`.
#[test]
fn the_schemas_that_the_files_name_are_where_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let places = [
        ("add-a-device.md", root.join("docs")),
        ("describe-a-panel.md", root.clone()),
    ];
    for (page, folder) in places {
        let files = blocks(page).0;
        let named: Vec<&str> = files
            .iter()
            .filter_map(|file| file.strip_prefix("#:schema "))
            .collect();
        assert!(!named.is_empty(), "{page}");
        for line in named {
            let schema = folder.join(line.lines().next().unwrap());
            assert!(schema.is_file(), "{}", schema.display());
        }
    }
}

#[test]
fn every_key_of_the_schemas_stands_in_a_how_to() {
    for (schema, page) in [
        ("device.schema.json", "add-a-device.md"),
        ("panel.schema.json", "describe-a-panel.md"),
    ] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let schema = std::fs::read_to_string(root.join("schema").join(schema)).unwrap();
        let page_text = std::fs::read_to_string(root.join("../docs/how-to").join(page)).unwrap();
        let mut keys = Vec::new();
        collect(&serde_json::from_str(&schema).unwrap(), &mut keys);
        assert!(keys.len() > 20);
        let missing: Vec<&String> = keys
            .iter()
            .filter(|key| {
                !page_text.contains(&format!("`{key}`")) && !page_text.contains(&format!("`[{key}"))
            })
            .filter(|key| !page_text.contains(&format!("{key} = ")))
            .collect();
        assert!(missing.is_empty(), "{page} says nothing of {missing:?}");
    }
}

fn collect(schema: &serde_json::Value, keys: &mut Vec<String>) {
    match schema {
        serde_json::Value::Object(members) => {
            if let Some(properties) = members.get("properties").and_then(|value| value.as_object()) {
                keys.extend(properties.keys().cloned());
            }
            members.values().for_each(|member| collect(member, keys));
        }
        serde_json::Value::Array(members) => members.iter().for_each(|member| collect(member, keys)),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

//! The JSON Schemas of both kinds of file: made from the types here, kept beside the files, true to the loader.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde_json::Value;

use super::file::PanelFile;
use crate::modbus::device::{Device, DeviceFile};
use crate::modbus::library::{Library, shipped_panel, shipped_panels};
use crate::modbus::panel::Panel;

/// What the loader reads by hand, for the schema.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
pub(super) enum Tripped {
    Absent(Absent),
    Contact(super::file::InputFile),
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is wanted")]
pub(super) enum Absent {
    None,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema")
}

/// The schema as it is kept, after a comparison with what the types say.
fn schema<T: JsonSchema>(name: &str, title: &str) -> Value {
    let mut made = serde_json::to_value(schemars::schema_for!(T)).unwrap();
    made["title"] = title.into();
    let file = folder().join(name);
    let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == text,
        "{} is not what the types say: run `just schemas`",
        file.display()
    );
    made
}

fn device_schema() -> jsonschema::Validator {
    let schema = schema::<DeviceFile>("device.schema.json", "Device file of an outlet-controller");
    jsonschema::validator_for(&schema).unwrap()
}

fn panel_schema() -> jsonschema::Validator {
    let schema = schema::<PanelFile>("panel.schema.json", "Panel file of an outlet-controller");
    jsonschema::validator_for(&schema).unwrap()
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

fn devices() -> Vec<(String, String)> {
    let library = Library::shipped().unwrap();
    let text = |id: &String| (id.clone(), library.text(id).unwrap().to_owned());
    library.ids().map(text).collect()
}

fn panels() -> Vec<(String, String)> {
    shipped_panels()
        .map(|name| (name.clone(), shipped_panel(&name).unwrap()))
        .collect()
}

#[test]
fn every_shipped_file_names_its_schema_and_keeps_to_it() {
    for (validator, name, files) in [
        (device_schema(), "device", devices()),
        (panel_schema(), "panel", panels()),
    ] {
        for (file, text) in files {
            let first = format!("#:schema ../schema/{name}.schema.json\n");
            assert!(text.starts_with(&first), "{file}");
            let errors: Vec<String> = validator
                .iter_errors(&as_json(&text))
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(errors, Vec::<String>::new(), "{file}");
        }
    }
}

/// The document once for each of its tables, with one key more there.
fn with_a_key_too_many(document: &Value) -> Vec<Value> {
    fn tables(value: &Value, at: String, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    tables(member, format!("{at}/{}", name.replace('/', "~1")), found);
                }
                found.push(at);
            }
            Value::Array(members) => {
                for (place, member) in members.iter().enumerate() {
                    tables(member, format!("{at}/{place}"), found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    tables(document, String::new(), &mut found);
    let changed = |at: &String| {
        let mut document = document.clone();
        document.pointer_mut(at).unwrap()["unknown_key"] = true.into();
        document
    };
    found.iter().map(changed).collect()
}

#[test]
fn a_key_that_nobody_knows_is_refused_by_loader_and_schema_alike() {
    let library = Library::shipped().unwrap();
    let file = Path::new("file.toml");
    let load_device = |text: &str| Device::parse(file, text).is_ok();
    let load_panel = |text: &str| Panel::parse(file, text, &library).is_ok();
    let mut tried = 0;
    for (validator, load, files) in [
        (device_schema(), &load_device as &dyn Fn(&str) -> bool, devices()),
        (panel_schema(), &load_panel, panels()),
    ] {
        for (file, text) in files {
            assert!(load(&text), "{file}");
            for document in with_a_key_too_many(&as_json(&text)) {
                let text = toml::to_string(&document).unwrap();
                assert!(!load(&text), "the loader takes {file} as\n{text}");
                assert!(
                    !validator.is_valid(&document),
                    "the schema takes {file} as\n{text}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn what_the_schema_can_say_it_says() {
    let device = |rest: &str| {
        let head = "schema = 1\nid = 'x'\ntitle = 'x'\nstatus = 'guess'\nsources = []\n";
        device_schema().is_valid(&as_json(&format!("{head}{rest}")))
    };
    let point = |more: &str| {
        device(&format!(
            "[points]\ncurrent = {{ area = 'input', addr = 0, type = 'f32', unit = 'A', range = [0, 1]{more} }}"
        ))
    };
    assert!(!device(
        "[points]\ncurrent = { area = 'input', addr = 0, type = 'f32', unit = 'A' }"
    ));
    assert!(device("") && point(", order = 'BADC', invalid = ['nan', '0x7FC00000']"));
    assert!(!point(", order = 'ACBD'") && !point(", invalid = ['none']") && !point(", scale_from = 65536"));
    assert!(!device(
        "[points]\nvolts = { area = 'input', addr = 0, type = 'f32', unit = 'V', range = [0, 1] }"
    ));
    assert!(!device(
        "[banks]\nout = { area = 'coil', base = 0, count = 8, write_fc = 7 }"
    ));
    let panel = |from: &str, to: &str| {
        let text = shipped_panel("waveshare-sdm120-tcp.toml").unwrap();
        assert!(text.contains(from), "{from}");
        panel_schema().is_valid(&as_json(&text.replace(from, to)))
    };
    assert!(panel("{ in = \"trip.in{n}\", on = 1 }", "\"none\""));
    assert!(!panel("{ in = \"trip.in{n}\", on = 1 }", "\"no\""));
    assert!(!panel("on = 1", "on = 2") && !panel("\"tcp\"", "\"udp\"") && !panel("\"tcp\"", "\"rtu\""));
    assert!(!panel("\"maintained\", out", "\"pulse\", out"));
}

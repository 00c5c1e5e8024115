//! Everything between a panel file and the breakers and meters it names.

pub mod bus;
pub mod device;
pub mod library;
mod pairs;
pub mod panel;
pub mod panel_io;
pub mod plan;
pub mod point;

use std::path::Path;

use foundation::config::ConfigError;

/// The only edition of the files' layout that there is.
const SCHEMA: u32 = 1;

/// What is wrong with a value in a file: where, and in one line what was found and what is allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    key: String,
    problem: String,
}

impl Fault {
    fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            problem: problem.into(),
        }
    }

    fn under(self, prefix: &str) -> Self {
        Self::new(format!("{prefix}.{}", self.key), self.problem)
    }

    fn of_file(self, path: &Path) -> ConfigError {
        ConfigError::value(path, &self.key, self.problem)
    }
}

fn check_schema(found: u32) -> Result<(), Fault> {
    if found == SCHEMA {
        return Ok(());
    }
    Err(Fault::new("schema", format!("found {found}, allowed: {SCHEMA}")))
}

/// For messages: what may stand in a place.
fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

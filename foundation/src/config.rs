//! Configuration files: TOML, read whole before anything starts; every fault is one line that says where and what.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// What is wrong with a configuration file, in one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}: cannot be read: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("{}: {problem}", path.display())]
    Syntax { path: PathBuf, problem: String },
    #[error("{}: {key}: {problem}", path.display())]
    Value {
        path: PathBuf,
        key: String,
        problem: String,
    },
}

/// A value that no program could run with: its key, and what is wrong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct BadValue {
    pub key: &'static str,
    pub problem: String,
}

impl ConfigError {
    /// For checks that only the program can make: names the file, the key, what was found and what is allowed.
    pub fn value(path: &Path, key: &str, problem: impl Into<String>) -> Self {
        Self::Value {
            path: path.to_owned(),
            key: key.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Reads and parses a whole file; `T` denies unknown fields.
///
/// # Errors
/// One line: the file, the key, what was found, what is allowed.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable {
        path: path.to_owned(),
        cause,
    })?;
    parse(path, &text)
}

/// Parses `text`; `path` is only named in errors.
///
/// # Errors
/// As [`load`].
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    let syntax = |error: toml::de::Error| ConfigError::Syntax {
        path: path.to_owned(),
        problem: format!("{}{}", line_of(text, error.span()), one_line(error.message())),
    };
    let document = toml::Deserializer::parse(text).map_err(syntax)?;
    serde_path_to_error::deserialize(document).map_err(|error| {
        let mut key = error.path().to_string();
        let inner = error.into_inner();
        let mut told = one_line(inner.message());
        if key == "."
            && let Some(missing) = missing(&told)
        {
            (key, told) = (
                missing.to_owned(),
                format!("{told}: a key, or a table [{missing}]"),
            );
        }
        if told == "invalid socket address syntax" {
            told.push_str(": expected ADDRESS:PORT, such as 127.0.0.1:8402");
        }
        let problem = format!("{}{told}", line_of(text, inner.span()));
        ConfigError::Value {
            path: path.to_owned(),
            key,
            problem,
        }
    })
}

fn missing(told: &str) -> Option<&str> {
    told.strip_prefix("missing field `")?.strip_suffix('`')
}

fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    span.and_then(|span| text.get(..span.start))
        .map(|before| format!("line {}: ", before.matches('\n').count() + 1))
        .unwrap_or_default()
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only the parser reads it")]
        server: Server,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Server {
        #[expect(dead_code, reason = "only the parser reads it")]
        port: u16,
    }

    fn check(text: &str, expected: &str) {
        let error = parse::<Sample>(Path::new("denro.toml"), text)
            .unwrap_err()
            .to_string();
        assert_eq!(error, expected);
    }

    #[test]
    fn every_fault_is_one_line_with_file_key_found_and_allowed() {
        check(
            "[server]\nprot = 1\n",
            "denro.toml: server.prot: line 2: unknown field `prot`, expected `port`",
        );
        check(
            "[server]\nport = \"x\"\n",
            "denro.toml: server.port: line 2: invalid type: string \"x\", expected u16",
        );
        check("[server]\n", "denro.toml: server: line 1: missing field `port`");
        check(
            "",
            "denro.toml: server: line 1: missing field `server`: a key, or a table [server]",
        );
    }
}

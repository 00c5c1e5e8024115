//! The panel file as a text that keeps its comments and its order while a few values of it change.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use foundation::config::ConfigError;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, value};

use super::protocol::Proposal;
use crate::modbus::library::Library;
use crate::modbus::panel::Panel;

/// A panel file that is being changed.
#[derive(Clone, Debug)]
pub(crate) struct PanelText {
    path: PathBuf,
    document: DocumentMut,
}

/// What a commissioning leaves in the file.
#[derive(Clone, Debug)]
pub(crate) struct Commissioning<'a> {
    /// RFC 3339.
    pub(crate) at: &'a str,
    pub(crate) by: &'a str,
    /// Those that may be switched ON, and how each is wired.
    pub(crate) walked: BTreeMap<u8, &'a str>,
    /// Serial numbers by unit.
    pub(crate) pinned: BTreeMap<&'a str, &'a str>,
    pub(crate) times: &'a [Proposal],
}

const DEFAULT_BREAKER: &str = "default";

impl PanelText {
    /// # Errors
    /// If it cannot be read or is no TOML.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        Self::parse(path, &text)
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let document = text
            .parse()
            .map_err(|error: toml_edit::TomlError| ConfigError::Syntax {
                path: path.to_owned(),
                problem: error.message().to_owned(),
            })?;
        Ok(Self {
            path: path.to_owned(),
            document,
        })
    }

    /// The panel without what an earlier commissioning has pinned: the meters may be others now.
    ///
    /// # Errors
    /// As [`Panel::parse`].
    pub(crate) fn unpinned(&self, library: &Library) -> Result<Panel, ConfigError> {
        let mut document = self.document.clone();
        document.remove("pinned");
        Panel::parse(&self.path, &document.to_string(), library)
    }

    /// The `[breaker.NAME]` of an outlet.
    pub(crate) fn breaker_of(&self, outlet: u8) -> String {
        let name = |table: &str, key: Option<&str>| {
            let table = self.document.get(table)?;
            let table = key.map_or(Some(table), |key| table.get(key))?;
            table.get("breaker")?.as_str().map(str::to_owned)
        };
        let number = outlet.to_string();
        name("outlet", Some(&number))
            .or_else(|| name("outlets", None))
            .unwrap_or_else(|| DEFAULT_BREAKER.to_owned())
    }

    pub(crate) fn commission(&mut self, by: &Commissioning<'_>) {
        for times in by.times.iter().filter(|proposal| proposal.written) {
            let breaker = self
                .document
                .get_mut("breaker")
                .and_then(|table| table.get_mut(&times.breaker));
            if let Some(breaker) = breaker {
                set(breaker, "travel_ms", number(times.travel_ms));
                set(breaker, "verify_ms", number(times.verify_ms));
            }
        }
        self.document.remove("pinned");
        if !by.pinned.is_empty() {
            let mut pinned = own_table(
                "\n# Serial numbers found at commissioning: a meter that is exchanged is noticed.\n",
            );
            for (unit, serial) in &by.pinned {
                pinned.insert(unit, value(*serial));
            }
            self.document.insert("pinned", Item::Table(pinned));
        }
        self.document.remove("commissioned");
        let mut commissioned = own_table(
            "\n# These outlets were walked through, wired as they are; no other one is switched ON from afar.\n",
        );
        commissioned.insert("at", value(by.at));
        commissioned.insert("by", value(by.by));
        let outlets = by.walked.keys().map(|outlet| i64::from(*outlet));
        commissioned.insert("outlets", value(outlets.collect::<Array>()));
        let wiring = by
            .walked
            .iter()
            .map(|(outlet, wiring)| (outlet.to_string(), *wiring));
        commissioned.insert("wiring", value(wiring.collect::<InlineTable>()));
        self.document.insert("commissioned", Item::Table(commissioned));
    }

    /// Writes it whole or not at all.
    ///
    /// # Errors
    /// If what was made of it is no panel file any more, or it cannot be written.
    pub(crate) fn write(&self, to: &Path, library: &Library) -> anyhow::Result<()> {
        let text = self.document.to_string();
        Panel::parse(to, &text, library)?;
        Ok(replace(to, &text)?)
    }
}

fn number(ms: u64) -> Item {
    value(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// In place, with the comment behind it.
fn set(table: &mut Item, key: &str, new: Item) {
    let Some(old) = table.get_mut(key) else {
        if let Some(table) = table.as_table_like_mut() {
            table.insert(key, new);
        }
        return;
    };
    let decor = old.as_value().map(|value| value.decor().clone());
    *old = new;
    if let (Some(value), Some(decor)) = (old.as_value_mut(), decor) {
        *value.decor_mut() = decor;
    }
}

fn own_table(before: &str) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix(before);
    table
}

/// A power cut leaves the old file or the new one.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let fresh = beside(path);
    let mut file = fs::File::create(&fresh)?;
    file.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// Whether [`replace`] would find a place to write to; leaves nothing behind.
pub(crate) fn can_be_replaced(path: &Path) -> io::Result<()> {
    let fresh = beside(path);
    fs::File::create(&fresh)?;
    fs::remove_file(&fresh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::library::shipped_panel;

    fn shipped() -> (PanelText, Library) {
        let text = shipped_panel("waveshare-sdm120-tcp.toml").unwrap();
        let text = text.replace("travel_ms = 300", "travel_ms = 300 # as its maker says");
        (
            PanelText::parse(Path::new("panel.toml"), &text).unwrap(),
            Library::shipped().unwrap(),
        )
    }

    fn times(written: bool) -> [Proposal; 1] {
        [Proposal {
            breaker: "default".into(),
            measured_ms: 440,
            travel_ms: 450,
            verify_ms: 1_950,
            written,
        }]
    }

    fn commission(panel: &mut PanelText, times: &[Proposal]) {
        panel.commission(&Commissioning {
            at: "2026-11-20T20:00:00+09:00",
            by: "山田",
            walked: BTreeMap::from([(1, "0123456789abcdef"), (3, "fedcba9876543210")]),
            pinned: BTreeMap::from([("m1", "23000011"), ("m2", "23000012")]),
            times,
        });
    }

    #[test]
    fn everything_else_stays_as_it_was_written() {
        let (mut panel, library) = shipped();
        let before = panel.document.to_string();
        commission(&mut panel, &times(false));
        let after = panel.document.to_string();
        assert!(after.starts_with(&before), "{after}");
        let parsed = Panel::parse(Path::new("x"), &after, &library).unwrap();
        let done = parsed.commissioned.unwrap();
        assert_eq!((done.by.as_str(), done.outlets), ("山田", vec![1, 3]));
        assert_eq!(done.wiring.unwrap()["3"], "fedcba9876543210");
        let unit = &parsed.outlets[1].meter.current.as_ref().unwrap().place.unit;
        assert_eq!(unit.pinned.as_deref(), Some("23000012"));
    }

    #[test]
    fn times_change_in_their_place_and_keep_their_remark() {
        let (mut panel, _) = shipped();
        commission(&mut panel, &times(true));
        let after = panel.document.to_string();
        assert!(
            after.contains("travel_ms = 450 # as its maker says\nverify_ms = 1950\n"),
            "{after}"
        );
    }

    #[test]
    fn a_second_commissioning_takes_the_place_of_the_first() {
        let (mut panel, library) = shipped();
        commission(&mut panel, &[]);
        let once = panel.document.to_string();
        commission(&mut panel, &[]);
        assert_eq!(panel.document.to_string(), once);
        let unpinned = panel.unpinned(&library).unwrap();
        let unit = &unpinned.outlets[1].meter.current.as_ref().unwrap().place.unit;
        assert_eq!(unit.pinned, None);
    }

    #[test]
    fn an_outlets_own_breaker_is_named() {
        let text = "[outlets]\nbreaker = \"small\"\n[outlet.3]\nbreaker = \"large\"\n";
        let panel = PanelText::parse(Path::new("x"), text).unwrap();
        assert_eq!(
            (panel.breaker_of(1), panel.breaker_of(3)),
            ("small".into(), "large".into())
        );
        let panel = PanelText::parse(Path::new("x"), "[outlets]\n").unwrap();
        assert_eq!(panel.breaker_of(1), "default");
    }

    #[test]
    fn a_file_is_replaced_whole_with_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(foundation::ids::id("panel"));
        fs::create_dir(&folder).unwrap();
        let path = folder.join("panel.toml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        can_be_replaced(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert!(can_be_replaced(&folder.join("nowhere").join("panel.toml")).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}

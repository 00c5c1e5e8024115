//! The demo's data directory: temporary, or kept with what it takes to go on where it ended.

use std::fs;
use std::path::{Path, PathBuf};

use api_spec::token::Scopes;
use auth_server::admin::{self, NewClient};
use foundation::lock::{self, Held, hold, unless_held};
use serde::{Deserialize, Serialize};

pub(super) const TENANT: &str = "ten_demo";

/// A client of the demo's API.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
}

/// What a kept directory remembers beside the databases.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Memory {
    /// Kept for the demo's own use; a real installation keeps no secret in clear.
    client: Option<Client>,
    pub(super) site_id: Option<String>,
    /// Whether the people are there.
    #[serde(default)]
    pub(super) has_people: bool,
    pub(super) controller_id: Option<String>,
    pub(super) station_password: Option<String>,
    #[serde(default)]
    registers_wh: Vec<i64>,
}

pub(super) struct Folder {
    root: PathBuf,
    keep: bool,
    _lock: Option<Held>,
    pub(super) memory: Memory,
}

impl Folder {
    pub(super) fn open(kept: Option<&Path>) -> anyhow::Result<Self> {
        let root = match kept {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(foundation::ids::id("denro-demo")),
        };
        fs::create_dir_all(&root)?;
        let lock = unless_held(hold(
            &root,
            lock::file(&root.join("lock")),
            "a demo already runs in it",
        ))?;
        for part in ["panel", "controller"] {
            fs::create_dir_all(root.join(part))?;
        }
        let memory = match fs::read_to_string(root.join("demo.json")) {
            Ok(text) => serde_json::from_str(&text)?,
            Err(_) => Memory::default(),
        };
        Ok(Self {
            root,
            keep: kept.is_some(),
            _lock: lock,
            memory,
        })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn is_kept(&self) -> bool {
        self.keep
    }

    /// The demo's client, made on the first start.
    pub(super) async fn client(&mut self, config: &auth_server::Config) -> anyhow::Result<Client> {
        if let Some(client) = &self.memory.client {
            return Ok(client.clone());
        }
        let client = new_client(config, "demo app backend", Scopes::all()).await?;
        self.memory.client = Some(client.clone());
        self.save()?;
        Ok(client)
    }

    pub(super) fn registers(&self) -> Vec<i64> {
        self.memory.registers_wh.clone()
    }

    /// A meter that began anew would look like a fault.
    pub(super) fn go_on_from(&mut self, registers_wh: &[i64]) -> std::io::Result<()> {
        self.memory.registers_wh = registers_wh.to_vec();
        self.save()
    }

    /// The same at the end of a run.
    pub(super) fn keep_registers(mut self, registers_wh: &[i64]) {
        if let Err(error) = self.go_on_from(registers_wh) {
            tracing::warn!(%error, "the simulated registers are not kept");
        }
    }

    /// Writes what is remembered; readable by its owner alone, because secrets are in it.
    pub(super) fn save(&self) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(&self.memory)?;
        write_secret(&self.root.join("demo.json"), &text)
    }
}

/// A client of the demo's tenant.
pub(super) async fn new_client(
    config: &auth_server::Config,
    name: &str,
    scopes: Scopes,
) -> anyhow::Result<Client> {
    let new = NewClient {
        name: name.to_owned(),
        tenant_id: TENANT.into(),
        scopes,
        audience: None,
        introspects: None,
        dpop_bound: false,
        sign_in: None,
    };
    let created = admin::create_client(config, new).await?;
    Ok(Client {
        id: created.client_id,
        secret: created.proof.client_secret,
    })
}

/// For its owner alone to read.
pub(super) fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            let _left_behind = fs::remove_dir_all(&self.root);
        }
    }
}

//! Who lives in the demo's building, and the client that they sign in through.

use std::net::{SocketAddr, TcpListener};

use api_spec::token::{Role, Scope, Scopes};
use auth_server::admin::{self, NewClient, NewPerson, SignIn};
use event_server::config::SecretClient;
use foundation::Language;

use super::folder::{Folder, TENANT};
use super::provision::SITE_NAME;

pub(super) const MANAGER: &str = "manager@denro.example";
/// Name, address and unit.
pub(super) const RESIDENTS: [(&str, &str, &str); 3] = [
    ("田中 一郎", "tanaka@denro.example", "101"),
    ("鈴木 美咲", "suzuki@denro.example", "203"),
    ("高橋 健", "takahashi@denro.example", "305"),
];

/// Somebody who has moved in.
pub(super) struct Resident {
    /// Under which they charge, too.
    pub(super) person_id: String,
    pub(super) name: String,
    pub(super) unit: String,
}

/// The address itself, or one with a port that is free now: browsers are sent back to it, so that it is known before.
pub(super) fn settled(listen: SocketAddr) -> std::io::Result<SocketAddr> {
    if listen.port() != 0 {
        return Ok(listen);
    }
    TcpListener::bind(listen)?.local_addr()
}

/// The pages' client at the auth-server.
pub(super) async fn client(
    config: &auth_server::Config,
    folder: &Folder,
    pages: &str,
) -> anyhow::Result<SecretClient> {
    let new = NewClient {
        name: "Denro".into(),
        tenant_id: TENANT.into(),
        // Who somebody is, it may always ask; a client has one scope at least.
        scopes: Scopes::from_iter([Scope::OutletsRead]),
        audience: None,
        introspects: None,
        dpop_bound: false,
        sign_in: Some(SignIn {
            redirect_uris: vec![format!("{pages}/signed-in")],
            post_logout_uris: vec![format!("{pages}/")],
            is_ours: true,
        }),
    };
    let created = admin::create_client(config, new).await?;
    let file = folder.path("pages.secret");
    super::folder::write_secret(&file, &created.proof.client_secret)?;
    Ok(SecretClient {
        client_id: created.client_id,
        client_secret_file: file,
    })
}

/// A manager and three residents, once; answers who has moved in now.
pub(super) async fn move_in(
    config: &auth_server::Config,
    folder: &mut Folder,
    site_id: &str,
) -> anyhow::Result<Vec<Resident>> {
    if folder.memory.has_people {
        return Ok(Vec::new());
    }
    let person = |name: &str, email: &str, role, unit: Option<&str>| NewPerson {
        name: name.to_owned(),
        email: email.to_owned(),
        language: Language::Japanese,
        role,
        tenant_id: TENANT.to_owned(),
        site_id: Some(site_id.to_owned()),
        site_name: SITE_NAME.to_owned(),
        unit: unit.map(str::to_owned),
    };
    admin::add_person(config, person("佐藤 花子", MANAGER, Role::Manager, None)).await?;
    let mut residents = Vec::new();
    for (name, email, unit) in RESIDENTS {
        let new = person(name, email, Role::Resident, Some(unit));
        residents.push(Resident {
            person_id: admin::add_person(config, new).await?,
            name: name.to_owned(),
            unit: unit.to_owned(),
        });
    }
    folder.memory.has_people = true;
    folder.save()?;
    Ok(residents)
}

/// Links by which they sign in.
pub(super) struct Links {
    pub(super) manager: String,
    pub(super) residents: Vec<String>,
}

pub(super) async fn links(config: &auth_server::Config) -> anyhow::Result<Links> {
    let manager = admin::sign_in_link(config, MANAGER).await?.url;
    let mut residents = Vec::new();
    for (_, email, _) in RESIDENTS {
        residents.push(admin::sign_in_link(config, email).await?.url);
    }
    Ok(Links { manager, residents })
}

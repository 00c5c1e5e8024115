//! A browser in which somebody has signed in, and what pages say to them.

use event_server::config::SecretClient;
use foundation::secrets::SecretHash;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

/// A browser that somebody has signed in with, and who reads Japanese.
pub(crate) struct Browser<'a> {
    world: &'a World,
    cookie: String,
}

/// What a page says, and how.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Browser<'_> {
    pub(crate) fn of<'a>(world: &'a World, role: &str, site_id: &str) -> Browser<'a> {
        let roles = json!([{ "role": role, "site_id": site_id }]);
        let cookie = signed_in(world, &format!("per_{role}"), &roles);
        Browser { world, cookie }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, form: Option<&[(&str, &str)]>) -> Page {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let mut request = client.build().unwrap().request(method, self.world.url(path));
        request = request
            .header("cookie", &self.cookie)
            .header("accept-language", "ja");
        if let Some(form) = form {
            let mut body = form_urlencoded::Serializer::new(String::new());
            let body = body.extend_pairs(form).finish();
            request = request
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body);
        }
        let response = request.send().await.unwrap();
        let location = response.headers().get("location");
        let (status, location) = (
            response.status(),
            location.map_or(String::new(), |to| to.to_str().unwrap().to_owned()),
        );
        let bytes = response.bytes().await.unwrap().to_vec();
        Page {
            status,
            location,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.ask(Method::POST, path, Some(form)).await
    }
}

impl Page {
    #[track_caller]
    pub(crate) fn says(&self, texts: &[&str]) {
        assert_eq!(self.status, 200, "{}", self.text);
        for text in texts {
            assert!(self.text.contains(text), "{text} is not in {}", self.text);
        }
        assert!(!self.text.contains("style=") && !self.text.contains("<script>"));
    }
}

/// The cookie of a browser in which somebody of `t1` has signed in, who has these roles.
pub(crate) fn signed_in(world: &World, person_id: &str, roles: &Value) -> String {
    let cookie = foundation::ids::random_text();
    let hash = SecretHash::of(&cookie).to_text();
    world.sql(&format!(
        "INSERT INTO browser_sessions (hash, person_id, tenant_id, name, roles, sealed, ask_at_us, good_until_us, expires_at_us) \
         VALUES ('{hash}', '{person_id}', 't1', '愛子', '{roles}', '', {0}, {0}, {0})",
        i64::MAX
    ));
    format!("denro-pages={cookie}")
}

/// As whom the server signs people in.
pub(crate) fn sign_in_client() -> SecretClient {
    let client_secret_file = std::env::temp_dir().join(foundation::ids::id("denro-secret"));
    std::fs::write(&client_secret_file, "s3cr3t").unwrap();
    SecretClient {
        client_id: "cli_pages".into(),
        client_secret_file,
    }
}

pub(crate) async fn world() -> World {
    World::start_with(|config| config.console.sign_in = Some(sign_in_client())).await
}

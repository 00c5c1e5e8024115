//! A browser in which somebody has signed in, and what pages say to them.

use event_server::config::SecretClient;
use foundation::secrets::SecretHash;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::world::World;

/// Somebody's browser, in the language that they read.
pub(crate) struct Browser<'a> {
    world: &'a World,
    cookies: String,
    language: &'static str,
}

/// What a page says, and what the browser keeps of it.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) cookie: String,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

/// What a browser sends of a form.
pub(crate) trait Form {
    fn encoded(&self) -> String;
}

impl Form for &str {
    fn encoded(&self) -> String {
        (*self).to_owned()
    }
}

impl Form for &String {
    fn encoded(&self) -> String {
        (*self).clone()
    }
}

impl<const N: usize> Form for &[(&str, &str); N] {
    fn encoded(&self) -> String {
        encoded(self.as_slice())
    }
}

impl Form for &Vec<(&str, &str)> {
    fn encoded(&self) -> String {
        encoded(self)
    }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs).finish()
}

impl<'a> Browser<'a> {
    /// Of somebody who has a role at a site, and reads Japanese.
    pub(crate) fn of(world: &'a World, role: &str, site_id: &str) -> Self {
        let roles = json!([{ "role": role, "site_id": site_id }]);
        Self {
            world,
            cookies: signed_in(world, &format!("per_{role}"), &roles),
            language: "ja",
        }
    }

    /// Of somebody by id, with their roles as an access token says them, who reads English.
    pub(crate) fn person(world: &'a World, id: &str, roles: &Value) -> Self {
        Self {
            cookies: signed_in(world, id, roles),
            ..Self::nobody(world)
        }
    }

    /// In which nobody has signed in.
    pub(crate) fn nobody(world: &'a World) -> Self {
        Self {
            world,
            cookies: String::new(),
            language: "en",
        }
    }

    /// The same browser, which has kept something more.
    pub(crate) fn keeps(&self, cookie: &str) -> Self {
        Self {
            cookies: format!("{}; {cookie}", self.cookies),
            ..*self
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        page(self.request(Method::GET, path)).await
    }

    /// A form of a page of ours.
    pub(crate) async fn post(&self, path: &str, form: impl Form) -> Page {
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        page(request.body(form.encoded())).await
    }

    /// A form of which the browser does not say that it is of a page of ours.
    pub(crate) async fn post_from_elsewhere(&self, path: &str) -> Page {
        page(self.request(Method::POST, path)).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let request = client.build().unwrap().request(method, self.world.url(path));
        request
            .header("cookie", &self.cookies)
            .header("accept-language", self.language)
    }
}

async fn page(request: RequestBuilder) -> Page {
    let response = request.send().await.unwrap();
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    let (location, cookie, status) = (header("location"), header("set-cookie"), response.status());
    let bytes = response.bytes().await.unwrap().to_vec();
    Page {
        status: status.as_u16(),
        location,
        cookie: cookie.split(';').next().unwrap().to_owned(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
        bytes,
    }
}

impl Page {
    /// Shown as it should be, with all of these in it.
    #[track_caller]
    pub(crate) fn says(&self, texts: &[&str]) {
        for text in texts {
            self.tells(200, text);
        }
    }

    /// Shown with this status, and with this in it.
    #[track_caller]
    pub(crate) fn tells(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.text.contains(text), "{text} is not in {}", self.text);
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

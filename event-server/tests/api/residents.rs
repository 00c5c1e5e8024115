//! Browsers of people who have signed in, with what their cookies say.

use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{sign_in_client, signed_in};
use crate::world::{Panel, World};

/// A browser of somebody.
pub(crate) struct Person<'a> {
    world: &'a World,
    cookies: String,
}

/// What a page says, and what the browser keeps of it.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) cookie: String,
    pub(crate) text: String,
}

/// Whose roles these are, and which: as an access token says.
pub(crate) fn resident(site_id: &str, unit: &str) -> Value {
    json!({ "role": "resident", "site_id": site_id, "unit": unit })
}

impl<'a> Person<'a> {
    pub(crate) fn of(world: &'a World, id: &str, roles: &Value) -> Self {
        Self {
            world,
            cookies: format!("{}; denro-language=en", signed_in(world, id, roles)),
        }
    }

    /// The same browser, which has kept something more.
    pub(crate) fn keeps(&self, cookie: &str) -> Self {
        Self {
            world: self.world,
            cookies: format!("{}; {cookie}", self.cookies),
        }
    }

    pub(crate) fn nobody(world: &'a World) -> Self {
        Self {
            world,
            cookies: "denro-language=en".into(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path, "").await
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Page {
        self.ask(Method::POST, path, form).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let request = client.build().unwrap().request(method, self.world.url(path));
        request
            .header("cookie", &self.cookies)
            .header("sec-fetch-site", "same-origin")
    }

    async fn ask(&self, method: Method, path: &str, form: &str) -> Page {
        let request = self
            .request(method, path)
            .header("content-type", "application/x-www-form-urlencoded");
        let response = request.body(form.to_owned()).send().await.unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
        };
        let cookie = header("set-cookie");
        Page {
            status: response.status().as_u16(),
            location: header("location"),
            cookie: cookie.split(';').next().unwrap().to_owned(),
            text: response.text().await.unwrap(),
        }
    }
}

impl Page {
    #[track_caller]
    pub(crate) fn says(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.text.contains(text), "{text} is not in {}", self.text);
        assert!(!self.text.contains("style=") && !self.text.contains("<script>"));
    }
}

/// A world whose pages people can sign in to, and a panel in it.
pub(crate) async fn world(change: impl FnOnce(&mut event_server::Config)) -> (World, Panel) {
    let world = World::start_with(|config| {
        config.console.sign_in = Some(sign_in_client());
        change(config);
    })
    .await;
    let panel = world.owner().panel(2).await;
    world.sql("UPDATE outlet_current SET breaker = 'open'");
    (world, panel)
}

/// The path behind an outlet's label.
pub(crate) fn label(panel: &Panel, index: usize) -> String {
    let code = panel.controller["outlets"][index]["public_code"]
        .as_str()
        .unwrap();
    format!("/o/{code}")
}

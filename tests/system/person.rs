//! A person in front of the auth-server's forms: a browser with cookies, and nothing that a page does not hold.

use std::collections::BTreeMap;

use auth_server::admin::recover_operator;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, Url};
use system_tests::world::World;

pub(crate) const EMAIL: &str = "aiko@example.jp";
const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct Person {
    http: reqwest::Client,
    issuer: Url,
    cookies: BTreeMap<String, String>,
}

/// Where a request has led, and what is there if that is a page of ours.
struct Page {
    url: Url,
    html: String,
}

impl Page {
    /// The value of a form's hidden field.
    fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.html.split_once(&start).map(|(_, rest)| rest);
        let found = rest.and_then(|rest| rest.split_once('"'));
        found
            .unwrap_or_else(|| panic!("no {name} at {}: {}", self.url, self.html))
            .0
            .to_owned()
    }
}

impl Person {
    /// Somebody who has accepted an operator's invitation and signs in with a new browser.
    pub(crate) async fn operator(world: &World) -> Self {
        let builder = reqwest::Client::builder().no_proxy();
        let mut person = Self {
            http: builder
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            issuer: world.issuer().parse().unwrap(),
            cookies: BTreeMap::new(),
        };
        let link = recover_operator(world.auth_config()).await.unwrap().url;
        let (_, code) = link.split_once("code=").unwrap();
        let invitation = person.issuer.join(&format!("/invitation?code={code}")).unwrap();
        let page = person.visit(invitation).await;
        let fields = [
            ("code", code),
            ("as", "new"),
            ("name", "山田 愛子"),
            ("email", EMAIL),
            ("password", PASSWORD),
        ];
        let page = person.submit(&page, "/invitation", &fields).await;
        assert_eq!(page.url.path(), "/account", "{}", page.html);
        person.cookies.clear();
        person
    }

    /// Follows a client's link to the sign-in and signs in; answers where that leads.
    pub(crate) async fn sign_in(&mut self, link: &str) -> Url {
        let page = self.visit(link.parse().unwrap()).await;
        let request = page.field("request");
        let fields = [
            ("request", request.as_str()),
            ("email", EMAIL),
            ("password", PASSWORD),
        ];
        self.submit(&page, "/login", &fields).await.url
    }

    async fn submit(&mut self, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = page.field("form_token");
        let fields = [&[("form_token", token.as_str())], fields].concat();
        let url = self.issuer.join(path).unwrap();
        let body = Url::parse_with_params("http://x/", fields).unwrap();
        let request = self.http.post(url.clone()).body(body.query().unwrap().to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        match self.send(request, &url).await {
            Ok(page) => page,
            Err(next) => self.visit(next).await,
        }
    }

    /// Follows what stays at the issuer; what leads elsewhere is not fetched.
    async fn visit(&mut self, mut url: Url) -> Page {
        while url.origin() == self.issuer.origin() {
            match self.send(self.http.get(url.clone()), &url).await {
                Ok(page) => return page,
                Err(next) => url = next,
            }
        }
        let html = String::new();
        Page { url, html }
    }

    /// A page, or where it is.
    async fn send(&mut self, request: RequestBuilder, url: &Url) -> Result<Page, Url> {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
        for header in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = header.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        if let Some(next) = response.headers().get(LOCATION) {
            return Err(url.join(next.to_str().unwrap()).unwrap());
        }
        let html = response.text().await.unwrap();
        Ok(Page {
            url: url.clone(),
            html,
        })
    }
}

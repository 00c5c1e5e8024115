//! A browser: cookies and forms, and nothing that a page does not hold.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Response, StatusCode};

use crate::world::{FORM, World};

#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    issuer: String,
    pub(crate) cookies: BTreeMap<String, String>,
    form_token: String,
    pub(crate) language: &'static str,
    /// What a proxy says of where it is.
    pub(crate) forwarded_for: Option<&'static str>,
    pub(crate) origin: Option<String>,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Page {
    pub(crate) fn location(&self) -> String {
        let location = self.headers.get(LOCATION);
        location.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let value = self.headers.get(name);
        value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    }

    /// A parameter of where it leads.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let location = self.location();
        let (_, query) = location.split_once('?')?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The value of a form's hidden field.
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.html.split_once(&start).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split_once('"')).unwrap().0.to_owned()
    }
}

/// A form's content.
pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

impl Browser {
    pub(crate) fn new(world: &World) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        Self {
            http: http.build().unwrap(),
            issuer: world.issuer(),
            cookies: BTreeMap::new(),
            form_token: String::new(),
            language: "en",
            forwarded_for: None,
            origin: Some(world.config.issuer.clone().unwrap_or_else(|| world.issuer())),
        }
    }

    /// The same browser at another server, which knows it by its cookies.
    pub(crate) fn go_to(&mut self, address: std::net::SocketAddr) {
        self.issuer = format!("http://{address}");
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let request = self.http.get(self.url(path));
        self.send(request).await
    }

    /// Follows what stays here; whatever leads elsewhere is the answer.
    pub(crate) async fn follow(&mut self, path: &str) -> Page {
        let mut page = self.get(path).await;
        while page.status == StatusCode::SEE_OTHER && page.location().starts_with('/') {
            page = self.get(&page.location()).await;
        }
        page
    }

    /// Sends a form of the page seen last.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.form_token.clone();
        self.post_with(path, &token, fields).await
    }

    /// The same with whatever token.
    pub(crate) async fn post_with(&mut self, path: &str, token: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.form(path, token, fields);
        self.send(request).await
    }

    /// The same to a server that may not be there: whether it led on.
    pub(crate) async fn try_post(&mut self, path: &str, fields: &[(&str, &str)]) -> bool {
        let request = self.form(path, &self.form_token, fields);
        let answer = request.header(COOKIE, self.cookie_header()).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::SEE_OTHER)
    }

    fn form(&self, path: &str, token: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body = encode(&[&[("form_token", token)], fields].concat());
        let request = self
            .http
            .post(self.url(path))
            .header("content-type", FORM)
            .body(body);
        match &self.origin {
            Some(origin) => request.header(ORIGIN, origin),
            None => request,
        }
    }

    fn cookie_header(&self) -> String {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies.map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    /// The same, and follows what stays here.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.post(path, fields).await;
        if page.status == StatusCode::SEE_OTHER && page.location().starts_with('/') {
            return self.follow(&page.location()).await;
        }
        page
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Page {
        self.get("/login").await;
        self.submit("/login", &[("email", email), ("password", password)])
            .await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let mut request = request
            .header("accept-language", self.language)
            .header("user-agent", "Test 1.0");
        if let Some(address) = self.forwarded_for {
            request = request.header("x-forwarded-for", address);
        }
        let response = request.header(COOKIE, self.cookie_header()).send().await.unwrap();
        self.keep(&response);
        let (status, headers) = (response.status(), response.headers().clone());
        let html = response.text().await.unwrap();
        let page = Page {
            status,
            headers,
            html,
        };
        if page.html.contains("name=\"form_token\"") {
            self.form_token = page.field("form_token");
        }
        page
    }

    fn keep(&mut self, response: &Response) {
        for header in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = header.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

//! Who sees and does what on the pages: role by page, and what follows when a role ends.

use std::time::Duration;

use foundation::Clock;
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::world::{World, claims};

/// Whose the owner's things are.
const TENANT: &str = "t1";

/// The pages of a site, below its path.
const TABS: [&str; 11] = [
    "",
    "/charges",
    "/people",
    "/outlets",
    "/load",
    "/audit",
    "/equipment",
    "/settings",
    "/alarms",
    "/statements",
    "/tariff",
];

/// A world whose pages people can sign in to, and a browser for each of them.
struct Pages {
    world: World,
    http: Client,
    home: String,
    secret: std::path::PathBuf,
}

/// A browser that somebody has signed in with, or nobody.
struct Browser {
    cookie: String,
}

/// Somebody's claims: a tenant, and roles at sites.
fn person(world: &World, tenant: &str, roles: &Value) -> Value {
    let mut person = claims(&world.issuer, tenant, "openid profile offline_access");
    person["sub"] = json!("per_1");
    person["sites"] = json!([]);
    person["roles"] = roles.clone();
    person
}

impl Pages {
    async fn start() -> Self {
        let secret = std::env::temp_dir().join(foundation::ids::id("denro-pages-secret"));
        std::fs::write(&secret, "s").unwrap();
        let table = event_server::config::SecretClient {
            client_id: "pages".into(),
            client_secret_file: secret.clone(),
        };
        let world = World::start_with(|config| config.console.sign_in = Some(table)).await;
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        let home = world.url("");
        Self {
            world,
            http,
            home,
            secret,
        }
    }

    /// Sends a form where there is a body; a door that takes one of several says which.
    async fn ask(&self, method: Method, path: &str, browser: &Browser) -> (u16, String) {
        let says_what = path.contains("/outlets/") && !path.ends_with("/code");
        let body = match path {
            _ if says_what => "what=enable",
            _ if path.ends_with("/start") => "limit=2h",
            _ => "",
        };
        let request = self
            .http
            .request(method.clone(), format!("{}{path}", self.home))
            .header("cookie", &browser.cookie)
            .header("origin", &self.home)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let response = request.send().await.unwrap();
        let location = response.headers().get("location");
        let location = location.map_or(String::new(), |value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), location)
    }

    /// Goes the whole way of signing in, as whom the issuer says.
    async fn sign_in(&self, claims: &Value) -> Browser {
        self.world.issuer.grant(Some(claims));
        let begun = self
            .http
            .get(format!("{}/sign-in?then=/my", self.home))
            .send()
            .await
            .unwrap();
        let url = reqwest::Url::parse(begun.headers()["location"].to_str().unwrap()).unwrap();
        let asked = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .unwrap()
                .1
                .into_owned()
        };
        assert_eq!(
            (asked("code_challenge_method"), asked("client_id")),
            ("S256".into(), "pages".into())
        );
        let (state, going) = (asked("state"), cookie_of(&begun));
        let back = format!(
            "{}/signed-in?code=c&state={state}&iss={}",
            self.home,
            self.world.issuer.url()
        );
        let finished = self
            .http
            .get(&back)
            .header("cookie", &going)
            .send()
            .await
            .unwrap();
        assert_eq!(finished.headers()["location"], "/my");
        // The same answer a second time, and in a browser that did not ask: nobody is signed in.
        assert_eq!(self.http.get(&back).send().await.unwrap().status(), 400);
        let other = back.replace(&state, "other");
        assert_eq!(
            self.http
                .get(other)
                .header("cookie", &going)
                .send()
                .await
                .unwrap()
                .status(),
            400
        );
        Browser {
            cookie: cookie_of(&finished),
        }
    }

    async fn stop(self) {
        self.world.stop().await;
        std::fs::remove_file(self.secret).unwrap();
    }
}

/// The cookie that is set and not taken away.
fn cookie_of(response: &reqwest::Response) -> String {
    let set = response.headers().get_all("set-cookie").iter();
    let mut kept = set
        .map(|value| value.to_str().unwrap())
        .filter(|value| !value.contains("Max-Age=0"));
    let cookie = kept.next().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn each_role_sees_and_changes_what_is_its_own_and_the_rest_is_not_there() {
    let pages = Pages::start().await;
    let owner = pages.world.owner();
    let panel = owner.panel(1).await;
    let (site, outlet) = (panel.site_id.clone(), panel.outlets[0].clone());
    pages.world.alarm("alm_1", &outlet);
    let doors = [
        format!("/sites/{site}/outlets/{outlet}"),
        format!("/sites/{site}/outlets/{outlet}/code"),
        format!("/sites/{site}/alarms/alm_1"),
    ];
    let at = |role: &str, site: &str| json!([{ "role": role, "site_id": site, "unit": "203" }]);
    for (who, tenant, roles, sees, changes) in [
        ("an operator", TENANT, json!([{ "role": "operator" }]), 200, 303),
        ("the manager", TENANT, at("manager", &site), 200, 303),
        ("a board member", TENANT, at("board_member", &site), 200, 403),
        ("a resident", TENANT, at("resident", &site), 404, 404),
        (
            "a manager elsewhere",
            TENANT,
            at("manager", "sit_other"),
            404,
            404,
        ),
        (
            "another tenant's operator",
            "ten_other",
            json!([{ "role": "operator" }]),
            404,
            404,
        ),
        ("somebody without a role", TENANT, json!([]), 404, 404),
    ] {
        let browser = pages.sign_in(&person(&pages.world, tenant, &roles)).await;
        for tab in TABS {
            let (status, _) = pages
                .ask(Method::GET, &format!("/sites/{site}{tab}"), &browser)
                .await;
            assert_eq!(status, sees, "{who} at {tab}");
        }
        let (status, _) = pages.ask(Method::GET, &doors[0], &browser).await;
        assert_eq!(status, sees, "{who} at the outlet's figures");
        for door in &doors {
            let (status, _) = pages.ask(Method::POST, door, &browser).await;
            assert_eq!(status, changes, "{who} at {door}");
        }
    }
    let nobody = Browser {
        cookie: String::new(),
    };
    let (status, location) = pages.ask(Method::GET, &format!("/sites/{site}"), &nobody).await;
    assert_eq!((status, location.starts_with("/sign-in?then=")), (303, true));
    pages.stop().await;
}

#[tokio::test]
async fn whoever_is_gone_does_nothing_any_more_and_is_signed_out() {
    let pages = Pages::start().await;
    let owner = pages.world.owner();
    let panel = owner.panel(1).await;
    pages.world.sql("UPDATE outlet_current SET breaker = 'open'");
    let code = panel.controller["outlets"][0]["public_code"].as_str().unwrap();
    let start = format!("/o/{code}/start");
    let home = json!([{ "role": "resident", "site_id": panel.site_id, "unit": "203" }]);
    let browser = pages.sign_in(&person(&pages.world, TENANT, &home)).await;
    let clock: &Clock = &pages.world.clock;
    clock.advance(Duration::from_secs(11));
    // Pages are still shown by what was said last; a form of them asks anew.
    pages.world.issuer.grant(None);
    assert_eq!(pages.ask(Method::GET, "/my", &browser).await.0, 200);
    let [one, other] = [(); 2].map(|()| pages.ask(Method::POST, &start, &browser));
    for (status, location) in <[_; 2]>::from(tokio::join!(one, other)) {
        assert_eq!((status, location.starts_with("/sign-in")), (303, true));
    }
    assert_eq!(pages.ask(Method::GET, "/my", &browser).await.0, 303);
    let charges = owner.get("/v1/sessions").await.expect(200);
    assert_eq!(charges["data"], json!([]));
    pages.stop().await;
}

#[tokio::test]
async fn a_role_that_ends_ends_here_and_the_issuer_is_asked_once() {
    let pages = Pages::start().await;
    let owner = pages.world.owner();
    let site = owner.panel(1).await.site_id;
    let manager = json!([{ "role": "manager", "site_id": site }]);
    let browser = pages.sign_in(&person(&pages.world, TENANT, &manager)).await;
    let path = format!("/sites/{site}");
    let look = || pages.ask(Method::GET, &path, &browser);
    assert_eq!(look().await.0, 200);
    let clock: &Clock = &pages.world.clock;
    clock.advance(Duration::from_secs(301));
    pages
        .world
        .issuer
        .grant(Some(&person(&pages.world, TENANT, &json!([]))));
    assert_eq!(look().await.0, 404);
    pages.world.issuer.grant(None);
    clock.advance(Duration::from_secs(301));
    let (status, location) = look().await;
    assert_eq!((status, location.starts_with("/sign-in")), (303, true));
    // It has ended for good.
    pages
        .world
        .issuer
        .grant(Some(&person(&pages.world, TENANT, &manager)));
    assert_eq!(look().await.0, 303);
    pages.stop().await;
}

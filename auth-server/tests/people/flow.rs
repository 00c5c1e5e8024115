//! The whole way, as an app backend goes it: to sign-in, back with a code, tokens, who it was.

use api_spec::token::AccessTokenClaims;
use auth_server::admin::{CreatedClient, NewClient, SignIn, create_client, recover_operator};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::browser::{Browser, Page, encode};
use crate::world::{FORM, World, json, new_client};

pub(crate) const BACK: &str = "https://console.example/callback?app=1";
pub(crate) const SIGNED_OUT: &str = "https://console.example/bye";
pub(crate) const EMAIL: &str = "aiko@example.jp";
pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of the verifier (RFC 7636 appendix B).
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const SCOPE: &str = "openid profile email offline_access sites:read outlets:read";

/// A client that people sign in with, at the operators' tenant.
pub(crate) async fn client(world: &World, is_ours: bool) -> CreatedClient {
    let new = NewClient {
        name: "Console".into(),
        tenant_id: "ten_main".into(),
        scopes: "sites:read sites:write outlets:read sessions:read"
            .parse()
            .unwrap(),
        sign_in: Some(SignIn {
            redirect_uris: vec![BACK.into(), "http://127.0.0.1:9/callback".into()],
            post_logout_uris: vec![SIGNED_OUT.into()],
            is_ours,
        }),
        ..new_client()
    };
    create_client(&world.config, new).await.unwrap()
}

/// The code of a link that makes somebody an operator.
pub(crate) async fn operator_code(world: &World) -> String {
    let link = recover_operator(&world.config).await.unwrap();
    link.url.split_once("code=").unwrap().1.to_owned()
}

/// A browser in which a new operator has just signed in.
pub(crate) async fn operator(world: &World) -> Browser {
    let code = operator_code(world).await;
    let mut browser = Browser::new(world);
    accept(&mut browser, &code, EMAIL).await;
    browser
}

pub(crate) async fn accept(browser: &mut Browser, code: &str, email: &str) -> Page {
    browser.get(&format!("/invitation?code={code}")).await;
    browser.submit("/invitation", &as_new(code, email)).await
}

/// What somebody who is not known yet fills in.
pub(crate) fn as_new<'a>(code: &'a str, email: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("code", code),
        ("as", "new"),
        ("name", "山田 愛子"),
        ("email", email),
        ("password", PASSWORD),
    ]
}

/// The parameters of a good request, some of them changed; an empty value leaves one out.
pub(crate) fn request(client: &CreatedClient, changed: &[(&str, &str)]) -> String {
    let good = [
        ("client_id", client.client_id.as_str()),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", SCOPE),
        ("state", "s1"),
        ("nonce", "n1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let is_changed = |name: &str| changed.iter().any(|(other, _)| *other == name);
    let mut all: Vec<(&str, &str)> = good.into_iter().filter(|(name, _)| !is_changed(name)).collect();
    all.extend(changed.iter().filter(|(_, value)| !value.is_empty()));
    format!("/oauth2/authorize?{}", encode(&all))
}

/// A code for somebody who has signed in.
pub(crate) async fn code(browser: &mut Browser, client: &CreatedClient) -> String {
    let page = browser.follow(&request(client, &[])).await;
    page.parameter("code")
        .unwrap_or_else(|| panic!("{} {}", page.location(), page.html))
}

/// A redemption, some of its parameters changed.
pub(crate) fn redemption(
    world: &World,
    client: &CreatedClient,
    code: &str,
    changed: &[(&str, &str)],
) -> reqwest::RequestBuilder {
    let good = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let is_changed = |name: &str| changed.iter().any(|(other, _)| *other == name);
    let mut all: Vec<(&str, &str)> = good.into_iter().filter(|(name, _)| !is_changed(name)).collect();
    all.extend(changed.iter().filter(|(_, value)| !value.is_empty()));
    token_request(world, client, &all)
}

pub(crate) fn token_request(
    world: &World,
    client: &CreatedClient,
    fields: &[(&str, &str)],
) -> reqwest::RequestBuilder {
    world
        .token_request(encode(fields))
        .basic_auth(&client.client_id, Some(&client.proof.client_secret))
}

pub(crate) async fn tokens(world: &World, browser: &mut Browser, client: &CreatedClient) -> Value {
    let code = code(browser, client).await;
    let response = redemption(world, client, &code, &[]).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    json(response).await
}

pub(crate) fn str_of<'a>(answer: &'a Value, member: &str) -> &'a str {
    answer[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member}: {answer}"))
}

pub(crate) async fn is_active(world: &World, client: &CreatedClient, token: &str) -> bool {
    let request = world.http.post(world.url("/oauth2/introspect"));
    let request = request
        .header("content-type", FORM)
        .body(encode(&[("token", token)]));
    let request = request.basic_auth(&client.client_id, Some(&client.proof.client_secret));
    json(request.send().await.unwrap()).await["active"] == true
}

/// Of a token that a published key has signed.
pub(crate) async fn claims<T: serde::de::DeserializeOwned + Clone>(
    world: &World,
    token: &str,
    audience: &str,
) -> T {
    let keys: JwkSet = world.get("/oauth2/jwks").await.json().await.unwrap();
    let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[audience]);
    validation.set_issuer(&[world.issuer()]);
    jsonwebtoken::decode(token, &key, &validation).unwrap().claims
}

#[tokio::test]
async fn a_person_goes_there_and_back_and_the_client_learns_who_it_was() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let page = browser.follow(&request(&client, &[])).await;
    assert!(
        page.location()
            .starts_with("https://console.example/callback?app=1&code=dnr_ac_"),
        "{}",
        page.location()
    );
    assert_eq!(
        (page.parameter("state"), page.parameter("iss")),
        (Some("s1".into()), Some(world.issuer()))
    );
    let code = page.parameter("code").unwrap();

    let response = redemption(&world, &client, &code, &[]).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let answer = json(response).await;
    assert_eq!(
        (str_of(&answer, "token_type"), str_of(&answer, "scope")),
        (
            "Bearer",
            "sites:read outlets:read openid profile email offline_access"
        )
    );
    assert!(str_of(&answer, "refresh_token").starts_with("dnr_rt_"));

    let access: AccessTokenClaims =
        claims(&world, str_of(&answer, "access_token"), "urn:denro:event-server").await;
    assert!(access.sub.starts_with("per_") && access.client_id == client.client_id);
    assert_eq!((access.tenant.as_str(), access.sites.clone()), ("ten_main", None));
    let id: Value = claims(&world, str_of(&answer, "id_token"), &client.client_id).await;
    assert_eq!(
        (str_of(&id, "nonce"), str_of(&id, "sub")),
        ("n1", access.sub.as_str())
    );
    assert!(id["auth_time"].as_i64().unwrap() <= id["iat"].as_i64().unwrap());

    for method in [reqwest::Method::GET, reqwest::Method::POST] {
        let told = world.http.request(method, world.url("/oauth2/userinfo"));
        let told = json(
            told.bearer_auth(str_of(&answer, "access_token"))
                .send()
                .await
                .unwrap(),
        )
        .await;
        let expected = json!({
            "sub": access.sub, "name": "山田 愛子", "locale": "en", "email": EMAIL, "email_verified": false,
        });
        assert_eq!(told, expected);
    }
    world.stop().await;
}

#[tokio::test]
async fn less_is_told_to_who_asks_for_less() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let page = browser
        .follow(&request(
            &client,
            &[("scope", "openid sites:read address"), ("nonce", "")],
        ))
        .await;
    let code = page.parameter("code").unwrap();
    let answer = json(redemption(&world, &client, &code, &[]).send().await.unwrap()).await;
    assert_eq!(
        str_of(&answer, "scope"),
        "sites:read openid",
        "what nobody knows is left out"
    );
    assert!(answer.get("refresh_token").is_none());
    let told = world.http.get(world.url("/oauth2/userinfo"));
    let told = json(
        told.bearer_auth(str_of(&answer, "access_token"))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(told.as_object().unwrap().len(), 1, "{told}");
    let payload = B64
        .decode(str_of(&answer, "id_token").split('.').nth(1).unwrap())
        .unwrap();
    assert!(!String::from_utf8(payload).unwrap().contains("nonce"));

    let page = browser
        .follow(&request(&client, &[("scope", "sites:read")]))
        .await;
    let code = page.parameter("code").unwrap();
    let answer = json(redemption(&world, &client, &code, &[]).send().await.unwrap()).await;
    assert!(answer.get("id_token").is_none());
    let told = world
        .http
        .get(world.url("/oauth2/userinfo"))
        .bearer_auth(str_of(&answer, "access_token"));
    let told = told.send().await.unwrap();
    assert_eq!(told.status(), StatusCode::FORBIDDEN);
    assert!(
        told.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("insufficient_scope")
    );
    world.stop().await;
}

#[tokio::test]
async fn userinfo_is_for_people_s_access_tokens_alone() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let answer = tokens(&world, &mut browser, &client).await;
    let machine = json(
        world
            .as_client("grant_type=client_credentials")
            .send()
            .await
            .unwrap(),
    )
    .await;
    for token in [
        str_of(&answer, "id_token"),
        str_of(&answer, "refresh_token"),
        str_of(&machine, "access_token"),
        "x",
    ] {
        let told = world
            .http
            .get(world.url("/oauth2/userinfo"))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(told.status(), StatusCode::UNAUTHORIZED);
        assert!(
            told.headers()["www-authenticate"]
                .to_str()
                .unwrap()
                .contains("invalid_token")
        );
    }
    let nobody = world.get("/oauth2/userinfo").await;
    assert_eq!(
        (
            nobody.status(),
            nobody.headers()["www-authenticate"].to_str().unwrap()
        ),
        (StatusCode::UNAUTHORIZED, "Bearer realm=\"denro\"")
    );
    world.stop().await;
}

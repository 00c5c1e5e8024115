//! Every error of RFC 6749 §5.2.
use crate::world::{FORM, World, assert_refused, database};

const GRANT: &str = "grant_type=client_credentials";

#[tokio::test]
async fn what_is_asked_for_is_refused_by_its_own_error() {
    let world = World::start().await;
    let cases = [
        ("grant_type missing", "scope=outlets:read", "invalid_request"),
        ("grant_type empty", "grant_type=", "invalid_request"),
        ("empty body", "", "invalid_request"),
        (
            "password grant",
            "grant_type=password&username=a&password=b",
            "unsupported_grant_type",
        ),
        ("prefix of a grant", "grant_type=client", "unsupported_grant_type"),
        (
            "grant in capitals",
            "grant_type=CLIENT_CREDENTIALS",
            "unsupported_grant_type",
        ),
        (
            "scope beyond the client's",
            "grant_type=client_credentials&scope=sites:write",
            "invalid_scope",
        ),
        (
            "one scope too many",
            "grant_type=client_credentials&scope=outlets:read+sites:write",
            "invalid_scope",
        ),
        (
            "unknown scope",
            "grant_type=client_credentials&scope=root",
            "invalid_scope",
        ),
        (
            "scope of blanks",
            "grant_type=client_credentials&scope=++",
            "invalid_scope",
        ),
        (
            "scopes with a comma",
            "grant_type=client_credentials&scope=outlets:read,sessions:write",
            "invalid_scope",
        ),
        (
            "another resource",
            "grant_type=client_credentials&resource=https://other.example",
            "invalid_target",
        ),
        (
            "one resource of two",
            "grant_type=client_credentials&resource=urn:denro:event-server&resource=urn:x",
            "invalid_target",
        ),
    ];
    for (case, body, error) in cases {
        let response = world.as_client(body).send().await.unwrap();
        assert_refused(response, 400, error, case).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn a_form_that_cannot_be_trusted_is_an_invalid_request() {
    let world = World::start().await;
    let cases: [(&str, &[u8]); 9] = [
        (
            "grant_type twice",
            b"grant_type=client_credentials&grant_type=client_credentials",
        ),
        (
            "scope twice",
            b"grant_type=client_credentials&scope=outlets:read&scope=outlets:read",
        ),
        (
            "unknown parameter twice",
            b"grant_type=client_credentials&x=1&x=2",
        ),
        ("encoded NUL", b"grant_type=client_credentials&scope=%00"),
        ("plain NUL", b"grant_type=client_credentials\0"),
        ("not UTF-8", b"grant_type=client_credentials&scope=\xff\xfe"),
        ("encoded, not UTF-8", b"grant_type=client_credentials&scope=%ff"),
        ("half a percent", b"grant_type=client_credentials&scope=%4"),
        ("overlong NUL", b"grant_type=client_credentials&x=%c0%80"),
    ];
    for (case, body) in cases {
        let response = world.as_client(body).send().await.unwrap();
        assert_refused(response, 400, "invalid_request", case).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn only_a_form_in_the_body_is_read() {
    let world = World::start().await;
    let client = &world.client;
    let post = |url: String| {
        world
            .http
            .post(url)
            .basic_auth(&client.client_id, Some(&client.proof.client_secret))
    };
    let token = world.url("/oauth2/token");
    let cases = [
        (
            "JSON",
            post(token.clone()).json(&serde_json::json!({"grant_type": "client_credentials"})),
        ),
        ("no content type", post(token.clone()).body(GRANT)),
        (
            "multipart",
            post(token.clone())
                .header("content-type", "multipart/form-data; boundary=x")
                .body(GRANT),
        ),
        (
            "in the query",
            post(format!("{token}?{GRANT}")).header("content-type", FORM),
        ),
    ];
    for (case, request) in cases {
        assert_refused(request.send().await.unwrap(), 400, "invalid_request", case).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn a_huge_body_is_refused_without_being_kept() {
    let world = World::start().await;
    for bytes in [16 * 1024 + 1, 2 * 1024 * 1024] {
        let response = world
            .as_client(format!("{GRANT}&x={}", "a".repeat(bytes)))
            .send()
            .await
            .unwrap();
        assert_refused(response, 413, "invalid_request", "huge").await;
    }
    let largest = format!("{GRANT}&x={}", "a".repeat(16 * 1024 - GRANT.len() - 3));
    assert_eq!(world.as_client(largest).send().await.unwrap().status(), 200);
    world.stop().await;
}

#[tokio::test]
async fn a_client_without_the_grant_type_is_unauthorized_for_it() {
    let world = World::start().await;
    database::execute(&world.config.database.url, "UPDATE clients SET grant_types = ''");
    let response = world.as_client(GRANT).send().await.unwrap();
    assert_refused(response, 400, "unauthorized_client", "no grant types").await;
    world.stop().await;
}

#[tokio::test]
async fn whoever_types_the_server_s_name_alone_is_led_to_the_account_page() {
    let world = World::start().await;
    let staying = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let asked = staying.build().unwrap().get(world.url("/"));
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()["location"], "/account");
    world.stop().await;
}

#[tokio::test]
async fn other_methods_and_paths_are_refused_in_json() {
    let world = World::start().await;
    let token = world.url("/oauth2/token");
    for method in [
        reqwest::Method::GET,
        reqwest::Method::PUT,
        reqwest::Method::DELETE,
    ] {
        let response = world.http.request(method, &token).send().await.unwrap();
        assert_eq!(response.headers()["allow"], "POST");
        assert_refused(response, 405, "invalid_request", "method").await;
    }
    let response = world.http.post(world.url("/oauth2/jwks")).send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET, HEAD");
    assert_refused(response, 405, "invalid_request", "jwks").await;
    for path in [
        "/oauth2",
        "/oauth2/token/",
        "/oauth2/%ff",
        "/oauth2/introspect",
        "/oauth2/../oauth2/token",
    ] {
        let response = world.get(path).await;
        assert!(matches!(response.status().as_u16(), 404 | 405), "{path}");
        assert!(
            response.text().await.unwrap().contains("invalid_request"),
            "{path}"
        );
    }
    world.stop().await;
}

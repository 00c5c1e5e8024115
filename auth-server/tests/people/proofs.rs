//! Proofs of a key (DPoP, RFC 9449) on a person's way: the code, the tokens that follow, and what is told for them.

use auth_server::admin::CreatedClient;
use reqwest::{RequestBuilder, Response, StatusCode};

use crate::browser::{Browser, encode};
use crate::flow::{client, operator, redemption, request, str_of, token_request};
use crate::holder::{Holder, Target};
use crate::world::{FORM, World, assert_refused, header, json};

const USERINFO: &str = "/oauth2/userinfo";

impl World {
    fn proof(&self, holder: &Holder, path: &str, token: Option<&str>) -> String {
        holder.proof(Target {
            method: if token.is_some() { "GET" } else { "POST" },
            url: &self.url(path),
            token,
            at_s: self.clock.now_us() / 1_000_000,
        })
    }

    fn redeem(&self, client: &CreatedClient, code: &str, holder: &Holder) -> RequestBuilder {
        let proof = self.proof(holder, "/oauth2/token", None);
        redemption(self, client, code, &[]).header("dpop", proof)
    }

    async fn told(&self, scheme: &str, token: &str, proofs: &[String]) -> Response {
        let request = self.http.get(self.url(USERINFO));
        let request = request.header("authorization", format!("{scheme} {token}"));
        let request = proofs
            .iter()
            .fold(request, |request, proof| request.header("dpop", proof));
        request.send().await.unwrap()
    }
}

async fn code_for(browser: &mut Browser, client: &CreatedClient, changed: &[(&str, &str)]) -> String {
    let page = browser.follow(&request(client, changed)).await;
    page.parameter("code")
        .unwrap_or_else(|| panic!("{}", page.location()))
}

fn assert_challenged(response: &Response, scheme: &str, error: &str, case: &str) {
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{case}");
    let challenge = header(response, "www-authenticate");
    assert!(challenge.starts_with(scheme), "{case}: {challenge}");
    assert!(
        challenge.contains(&format!("error=\"{error}\"")),
        "{case}: {challenge}"
    );
    let names_algorithms = challenge.contains("algs=\"ES256\"");
    assert_eq!(names_algorithms, scheme == "DPoP", "{case}: {challenge}");
}

#[tokio::test]
async fn a_code_that_was_asked_for_with_a_key_is_redeemed_with_that_key_alone() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let (holder, thief) = (Holder::new(), Holder::new());
    let code = code_for(&mut browser, &client, &[("dpop_jkt", &holder.jkt)]).await;
    for (case, attempt) in [
        ("without a proof", redemption(&world, &client, &code, &[])),
        ("with another key", world.redeem(&client, &code, &thief)),
    ] {
        assert_refused(attempt.send().await.unwrap(), 400, "invalid_grant", case).await;
    }
    let answer = json(world.redeem(&client, &code, &holder).send().await.unwrap()).await;
    assert_eq!(answer["token_type"], "DPoP", "{answer}");
    world.stop().await;
}

#[tokio::test]
async fn a_key_that_is_no_thumbprint_is_refused() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let long = "a".repeat(44);
    let padded = format!("{}=", &long[2..]);
    for wrong in ["x", &long, &long[2..], &padded] {
        let page = browser.follow(&request(&client, &[("dpop_jkt", wrong)])).await;
        assert_eq!(
            page.parameter("error").as_deref(),
            Some("invalid_request"),
            "{wrong}"
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn a_pushed_request_with_a_proof_binds_its_code() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let (holder, thief) = (Holder::new(), Holder::new());
    let push = |changed: &[(&str, &str)], proof: String| {
        let path = request(&client, changed);
        let (_, body) = path.split_once('?').unwrap();
        let pushed = world
            .http
            .post(world.url("/oauth2/par"))
            .header("content-type", FORM);
        let pushed = pushed.basic_auth(&client.client_id, Some(&client.proof.client_secret));
        pushed.header("dpop", proof).body(body.to_owned())
    };
    let proof = || world.proof(&holder, "/oauth2/par", None);
    let elsewhere = push(&[], world.proof(&holder, "/oauth2/token", None));
    let two_keys = push(&[("dpop_jkt", &thief.jkt)], proof());
    for (case, request) in [("elsewhere", elsewhere), ("two keys", two_keys)] {
        assert_refused(request.send().await.unwrap(), 400, "invalid_dpop_proof", case).await;
    }
    for changed in [&[][..], &[("dpop_jkt", holder.jkt.as_str())][..]] {
        let pushed = json(push(changed, proof()).send().await.unwrap()).await;
        let fields = [
            ("client_id", client.client_id.as_str()),
            ("request_uri", str_of(&pushed, "request_uri")),
        ];
        let page = browser
            .follow(&format!("/oauth2/authorize?{}", encode(&fields)))
            .await;
        let code = page.parameter("code").unwrap();
        let stolen = world.redeem(&client, &code, &thief).send().await.unwrap();
        assert_refused(stolen, 400, "invalid_grant", "another key").await;
        let redeemed = world.redeem(&client, &code, &holder).send().await.unwrap();
        assert_eq!(redeemed.status(), StatusCode::OK);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_bound_token_is_shown_with_a_proof_of_its_key_and_no_other_way() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let (holder, thief) = (Holder::new(), Holder::new());
    let code = code_for(&mut browser, &client, &[]).await;
    let answer = json(world.redeem(&client, &code, &holder).send().await.unwrap()).await;
    let token = str_of(&answer, "access_token");
    let proof = |holder: &Holder| world.proof(holder, USERINFO, Some(token));

    let good = proof(&holder);
    let told = world.told("DPoP", token, std::slice::from_ref(&good)).await;
    assert_eq!(json(told).await["name"], "山田 愛子");
    let no_hash = world.proof(&holder, USERINFO, None);
    let cases: [(&str, &str, &[String], &str); 6] = [
        ("as Bearer", "Bearer", &[], "invalid_token"),
        (
            "as Bearer with a proof",
            "Bearer",
            &[proof(&holder)],
            "invalid_token",
        ),
        ("without a proof", "DPoP", &[], "invalid_dpop_proof"),
        ("with a used proof", "DPoP", &[good], "invalid_dpop_proof"),
        (
            "with two",
            "DPoP",
            &[proof(&holder), proof(&holder)],
            "invalid_dpop_proof",
        ),
        ("with another key", "DPoP", &[proof(&thief)], "invalid_token"),
    ];
    for (case, scheme, proofs, error) in cases {
        assert_challenged(&world.told(scheme, token, proofs).await, "DPoP", error, case);
    }
    let told = world.told("DPoP", token, &[no_hash]).await;
    assert_challenged(&told, "DPoP", "invalid_dpop_proof", "of no token");
    world.stop().await;
}

#[tokio::test]
async fn an_unbound_token_is_not_shown_as_a_bound_one() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let answer = crate::flow::tokens(&world, &mut browser, &client).await;
    let token = str_of(&answer, "access_token");
    let proof = world.proof(&Holder::new(), USERINFO, Some(token));
    let told = world.told("DPoP", token, &[proof]).await;
    assert_challenged(&told, "DPoP", "invalid_token", "unbound");
    world.stop().await;
}

/// RFC 9449 §5: who authenticates may come back with another key.
#[tokio::test]
async fn a_refreshed_token_is_bound_to_the_key_that_is_proved_then() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let (holder, next) = (Holder::new(), Holder::new());
    let code = code_for(&mut browser, &client, &[]).await;
    let answer = json(world.redeem(&client, &code, &holder).send().await.unwrap()).await;
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", str_of(&answer, "refresh_token")),
    ];
    let refresh = token_request(&world, &client, &fields);
    let refresh = refresh.header("dpop", world.proof(&next, "/oauth2/token", None));
    let answer = json(refresh.send().await.unwrap()).await;
    let token = str_of(&answer, "access_token");
    for (holder, status) in [(&next, StatusCode::OK), (&holder, StatusCode::UNAUTHORIZED)] {
        let proof = world.proof(holder, USERINFO, Some(token));
        assert_eq!(world.told("DPoP", token, &[proof]).await.status(), status);
    }
    world.stop().await;
}

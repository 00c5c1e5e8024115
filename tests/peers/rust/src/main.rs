//! Signs a person in with openidconnect: discovery, code with PKCE and nonce, the id token, userinfo, refresh.
//! Arguments: ISSUER REDIRECT_URI. Hears a client's id and secret, says where its person must go, hears where they came back to.

use std::io::BufRead;

use anyhow::{Context, ensure};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope, TokenResponse,
};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let issuer = IssuerUrl::new(arguments.next().context("ISSUER")?)?;
    let back = RedirectUrl::new(arguments.next().context("REDIRECT_URI")?)?;
    let builder = reqwest::Client::builder().no_proxy();
    let http = builder.redirect(reqwest::redirect::Policy::none()).build()?;
    let http = move |request| send(http.clone(), request);

    let provider = CoreProviderMetadata::discover_async(issuer, &http).await?;
    let (id, secret) = (ClientId::new(hear()?), ClientSecret::new(hear()?));
    let client = CoreClient::from_provider_metadata(provider, id, Some(secret)).set_redirect_uri(back);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let mut wish = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
    for scope in ["profile", "email", "offline_access"] {
        wish = wish.add_scope(Scope::new(scope.to_owned()));
    }
    let (url, state, nonce) = wish.set_pkce_challenge(challenge).url();
    say(json!({ "go": url }));

    let came = url.join(&hear()?)?;
    let parameter = |name: &str| {
        came.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    ensure!(
        parameter("state").as_ref() == Some(state.secret()),
        "state: {came}"
    );
    let code = AuthorizationCode::new(parameter("code").context("no code")?);
    let tokens = client
        .exchange_code(code)?
        .set_pkce_verifier(verifier)
        .request_async(&http)
        .await?;
    let id_token = tokens.id_token().context("no id token")?;
    let algorithms = [CoreJwsSigningAlgorithm::EcdsaP256Sha256];
    let id_token_verifier = client.id_token_verifier().set_allowed_algs(algorithms);
    let claims = id_token.claims(&id_token_verifier, &nonce)?;
    let stranger = id_token.claims(&id_token_verifier, &Nonce::new_random());
    let subject = claims.subject().clone();
    let info = client.user_info(tokens.access_token().clone(), Some(subject.clone()))?;
    let info: CoreUserInfoClaims = info.request_async(&http).await?;
    let email = info.email().map(|email| email.as_str());
    say(json!({ "subject": subject, "other_nonce": stranger.is_ok(), "email": email }));

    let refresh_token = tokens.refresh_token().context("no refresh token")?;
    let fresh = client
        .exchange_refresh_token(refresh_token)?
        .request_async(&http)
        .await?;
    let info = client.user_info(fresh.access_token().clone(), Some(subject))?;
    let _same: CoreUserInfoClaims = info.request_async(&http).await?;
    let rotated = fresh
        .refresh_token()
        .is_some_and(|new| new.secret() != refresh_token.secret());
    say(json!({ "rotated": rotated }));
    let again = client
        .exchange_refresh_token(refresh_token)?
        .request_async(&http)
        .await;
    let error = match again {
        Err(RequestTokenError::ServerResponse(answer)) => answer.error().to_string(),
        other => format!("{other:?}"),
    };
    say(json!({ "reused": error }));
    Ok(())
}

fn hear() -> anyhow::Result<String> {
    let line = std::io::stdin()
        .lock()
        .lines()
        .next()
        .context("nothing to hear")??;
    Ok(line)
}

fn say(line: Value) {
    println!("{line}");
}

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let response = http.execute(request.try_into()?).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut answer = HttpResponse::new(response.bytes().await?.to_vec());
    (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
    Ok(answer)
}

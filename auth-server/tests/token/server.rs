//! What the tests of tokens do with a server: stop it in between, and verify what it signs.

use api_spec::token::{AccessTokenClaims, DEFAULT_AUDIENCE};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, TokenData, Validation};

use crate::world::World;

impl World {
    /// Stops the server and starts another one on the same database.
    pub(crate) async fn restart(mut self) -> Self {
        let again = auth_server::start(self.config.clone(), self.clock.clone())
            .await
            .unwrap();
        std::mem::replace(&mut self.service, again).stop().await;
        self
    }

    /// The same, which is known by the same name although it listens elsewhere.
    pub(crate) async fn restart_at_same_issuer(mut self) -> Self {
        self.config = self.config_with_issuer();
        self.restart().await
    }

    /// Body parameters that authenticate the client.
    pub(crate) fn post_credentials(&self) -> String {
        format!(
            "client_id={}&client_secret={}",
            self.client.client_id, self.client.proof.client_secret
        )
    }

    /// Verifies with the published keys, by a library that knows nothing of this server.
    pub(crate) async fn verify(&self, access_token: &str) -> TokenData<AccessTokenClaims> {
        let keys: JwkSet = self.get("/oauth2/jwks").await.json().await.unwrap();
        let kid = jsonwebtoken::decode_header(access_token).unwrap().kid.unwrap();
        let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&[DEFAULT_AUDIENCE]);
        validation.set_issuer(&[self.issuer()]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        jsonwebtoken::decode(access_token, &key, &validation).unwrap()
    }
}

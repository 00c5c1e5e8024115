//! Signing keys: published before they sign, good for as long as what they signed, gone at once when revoked.

use std::time::Duration;

use auth_server::admin::{KeyState, list_keys, revoke_key, rotate_key};
use serde_json::Value;

use crate::world::{World, json};

const GRANT: &str = "grant_type=client_credentials";
const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

impl World {
    async fn token(&self) -> String {
        let body = json(self.as_client(GRANT).send().await.unwrap()).await;
        body["access_token"].as_str().unwrap().to_owned()
    }

    async fn published(&self) -> Vec<String> {
        let body: Value = self.get("/oauth2/jwks").await.json().await.unwrap();
        kids_of(&body)
    }

    /// Until the server has seen what was done beside it.
    async fn until_published(&self, good: impl Fn(&[String]) -> bool) -> Vec<String> {
        loop {
            let kids = self.published().await;
            if good(&kids) {
                return kids;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn states(&self) -> Vec<(String, KeyState)> {
        let keys = list_keys(&self.config).await.unwrap();
        keys.into_iter().map(|key| (key.kid, key.state)).collect()
    }
}

fn kids_of(keys: &Value) -> Vec<String> {
    let keys = keys["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

#[tokio::test]
async fn the_next_key_is_published_ten_minutes_before_it_signs_and_the_old_one_stays() {
    let world = World::start().await;
    let first = kid(&world.token().await);
    world.clock.advance(90 * DAY - 10 * MINUTE);
    let kids = world.until_published(|kids| kids.len() == 2).await;
    assert_eq!(
        kid(&world.token().await),
        first,
        "what is published does not sign yet"
    );
    world.clock.advance(10 * MINUTE);
    let second = kid(&world.token().await);
    assert!(second != first && kids.contains(&second));
    assert!(world.published().await.contains(&first));
    world.clock.advance(20 * MINUTE);
    world.until_published(|kids| *kids == [second.clone()]).await;
    world.stop().await;
}

#[tokio::test]
async fn a_token_outlives_the_rotation_of_its_key() {
    let world = World::start().await;
    let token = world.token().await;
    rotate_key(&world.config, true).await.unwrap();
    world.until_published(|kids| kids.len() == 2).await;
    assert_ne!(kid(&world.token().await), kid(&token));
    world.verify(&token).await;
    world.stop().await;
}

#[tokio::test]
async fn a_rotation_under_way_is_not_begun_twice_and_can_be_brought_forward() {
    let world = World::start().await;
    let first = rotate_key(&world.config, false).await.unwrap();
    let again = rotate_key(&world.config, false).await.unwrap();
    assert_eq!((&first.kid, first.signs_from), (&again.kid, again.signs_from));
    let forward = rotate_key(&world.config, true).await.unwrap();
    assert_eq!(forward.kid, first.kid);
    assert!(forward.signs_from < first.signs_from);
    let states: Vec<KeyState> = world.states().await.into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, [KeyState::Active, KeyState::Grace]);
    world.stop().await;
}

#[tokio::test]
async fn a_revoked_key_is_published_no_more_and_another_one_signs() {
    let world = World::start().await;
    let revoked = kid(&world.token().await);
    let next = revoke_key(&world.config, &revoked).await.unwrap().unwrap();
    world.until_published(|kids| *kids == [next.kid.clone()]).await;
    assert_eq!(kid(&world.token().await), next.kid);
    assert!(
        revoke_key(&world.config, &revoked).await.unwrap().is_none(),
        "once"
    );
    let unknown = revoke_key(&world.config, "nobody").await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no signing key nobody");
    let states = world.states().await;
    assert!(states.contains(&(revoked, KeyState::Revoked)), "{states:?}");
    world.stop().await;
}

#[tokio::test]
async fn two_servers_on_one_database_sign_with_the_same_key_and_make_the_next_one_once() {
    let world = World::start().await;
    let other = auth_server::start(world.config.clone(), world.clock.clone())
        .await
        .unwrap();
    world.clock.advance(90 * DAY);
    world.until_published(|kids| kids.len() == 2).await;
    let there = format!("http://{}/oauth2/jwks", other.address);
    let kids = loop {
        let keys: Value = world.http.get(&there).send().await.unwrap().json().await.unwrap();
        let kids: Vec<String> = kids_of(&keys);
        if kids.len() == 2 {
            break kids;
        }
        tokio::task::yield_now().await;
    };
    world.clock.advance(10 * MINUTE);
    assert_eq!(
        world.states().await.len(),
        2,
        "one key was made, not one by each server"
    );
    assert!(kids.contains(&kid(&world.token().await)));
    other.stop().await;
    world.stop().await;
}

#[tokio::test]
async fn a_server_that_starts_anew_has_the_keys_of_before() {
    let world = World::start().await;
    let token = world.token().await;
    rotate_key(&world.config, true).await.unwrap();
    let world = world.restart().await;
    let published = world.published().await;
    assert!(
        published.len() == 2 && published.contains(&kid(&token)),
        "{published:?}"
    );
    assert_eq!(list_keys(&world.config).await.unwrap().len(), 2);
    world.stop().await;
}

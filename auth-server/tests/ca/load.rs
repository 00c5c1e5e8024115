//! Certificates are renewed while controllers work: nobody who asks rightly is refused.

use std::time::Duration;

use auth_server::admin::create_certificate_client;
use rcgen::KeyPair;
use reqwest::StatusCode;
use tokio::task::JoinSet;

use crate::station::Station;
use crate::tokens::URI;
use crate::world::{STATION, World};

/// Two hundred a second.
const EVERY: Duration = Duration::from_millis(5);
const RENEWALS: usize = 10;
const BETWEEN_RENEWALS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_renewed_under_load_and_no_good_request_is_refused() {
    let world = World::start().await;
    let new = world.new_client("outlets:read");
    let client = create_certificate_client(&world.config, new, URI.parse().unwrap())
        .await
        .unwrap();
    let body = format!("grant_type=client_credentials&client_id={}", client.client_id);
    let (mut asked, mut pace) = (JoinSet::new(), tokio::time::interval(EVERY));
    let mut now = world.station(STATION).await;
    for _ in 0..RENEWALS {
        let key = KeyPair::generate().unwrap();
        let renewing = tokio::spawn(world.renew(&now.http, &key));
        let before = now.http.clone();
        for _ in 0..BETWEEN_RENEWALS {
            pace.tick().await;
            let request = now.token_request(&world.mutual, body.clone());
            asked.spawn(async move { request.send().await.unwrap().status() });
        }
        let answer = renewing.await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        now = Station::new(key, answer.json().await.unwrap(), &world.server_certificate);
        // The one before is good until it ends.
        let again = before.post(format!("{}/oauth2/token", world.mutual));
        let again = crate::station::form(again, body.clone());
        asked.spawn(async move { again.send().await.unwrap().status() });
    }
    while let Some(status) = asked.join_next().await {
        assert_eq!(status.unwrap(), StatusCode::OK);
    }
    world.stop().await;
}

//! A server that is killed while it takes what is good once: nothing is good twice afterwards.

use std::time::Duration;

use auth_server::admin::{CreatedClient, sign_in_link};
use reqwest::{RequestBuilder, StatusCode};

use crate::browser::Browser;
use crate::doomed::{Doomed, KILLS, LATER, succeeds_at};
use crate::flow::{EMAIL, as_new, client, code, operator, operator_code, redemption};
use crate::flow::{str_of, token_request, tokens};
use crate::world::World;

async fn succeeds(request: RequestBuilder) -> bool {
    request.send().await.unwrap().status() == StatusCode::OK
}

fn refreshing(world: &World, client: &CreatedClient, token: &str) -> RequestBuilder {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    token_request(world, client, &fields)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_makes_a_code_good_twice() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let mut taken = [0; 2];
    for kill in 0..KILLS {
        let code = code(&mut browser, &client).await;
        let doomed = Doomed::start(&world);
        let ask = succeeds_at(doomed.address, redemption(&world, &client, &code, &[]));
        let first = doomed.asked(LATER * kill, ask).await;
        let second = succeeds(redemption(&world, &client, &code, &[])).await;
        assert!(!(first && second), "twice, killed after {:?}", LATER * kill);
        assert!(!succeeds(redemption(&world, &client, &code, &[])).await);
        taken[usize::from(first)] += 1;
    }
    assert!(taken[0] > 0, "every kill came too late: {taken:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_makes_a_refresh_token_good_twice() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    for kill in 0..KILLS {
        let answer = tokens(&world, &mut browser, &client).await;
        let token = str_of(&answer, "refresh_token");
        let doomed = Doomed::start(&world);
        let ask = succeeds_at(doomed.address, refreshing(&world, &client, token));
        let first = doomed.asked(LATER * kill, ask).await;
        let second = succeeds(refreshing(&world, &client, token)).await;
        assert!(!(first && second), "twice, killed after {:?}", LATER * kill);
        assert!(!succeeds(refreshing(&world, &client, token)).await);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_makes_a_sign_in_link_good_twice() {
    let world = World::start().await;
    operator(&world).await;
    for kill in 0..KILLS {
        let link = sign_in_link(&world.config, EMAIL).await.unwrap();
        let code = link.url.split_once("code=").unwrap().1.to_owned();
        let mut here = Browser::new(&world);
        here.get("/login/link").await;
        let doomed = Doomed::start(&world);
        // The two servers are one to their browsers.
        let (mut there, mut again) = (here.clone(), here);
        there.go_to(doomed.address);
        let shown = code.clone();
        let ask = async move { there.try_post("/login/by-link", &[("code", &shown)]).await };
        let first = doomed.asked(LATER * kill, ask).await;
        let second = again.post("/login/by-link", &[("code", &code)]).await;
        let second = second.status == StatusCode::SEE_OTHER;
        assert!(!(first && second), "twice, killed after {:?}", LATER * kill);
    }
    world.stop().await;
}

/// Accepting takes a hash, which takes longer than all else.
const HASHED: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_makes_an_invitation_good_twice() {
    let world = World::start().await;
    let mut accepted = [0; 2];
    for kill in 0..KILLS {
        let code = operator_code(&world).await;
        let mut here = Browser::new(&world);
        here.get(&format!("/invitation?code={code}")).await;
        let doomed = Doomed::start(&world);
        let (mut there, mut again) = (here.clone(), here);
        there.go_to(doomed.address);
        let shown = code.clone();
        let ask = async move {
            let email = format!("first{kill}@example.jp");
            there.try_post("/invitation", &as_new(&shown, &email)).await
        };
        let first = doomed.asked(HASHED * kill, ask).await;
        let email = format!("second{kill}@example.jp");
        let second = again.post("/invitation", &as_new(&code, &email)).await;
        let second = second.status == StatusCode::SEE_OTHER;
        assert!(!(first && second), "twice, killed after {:?}", HASHED * kill);
        let third = again.get(&format!("/invitation?code={code}")).await;
        assert_eq!(third.status, StatusCode::NOT_FOUND);
        accepted[usize::from(first)] += 1;
    }
    assert!(accepted[0] > 0, "every kill came too late: {accepted:?}");
    world.stop().await;
}

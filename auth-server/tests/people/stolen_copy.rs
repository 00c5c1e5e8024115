//! A copy of the database, such as a lost backup: nothing in it lets anybody in, because hashes are all it holds.

use auth_server::admin::{CreatedClient, sign_in_link};
use diesel::prelude::*;
use diesel::sql_types::Text;
use foundation::Conn;
use reqwest::StatusCode;

use crate::browser::Browser;
use crate::flow::{
    EMAIL, accept, client, code, operator, operator_code, redemption, str_of, token_request, tokens,
};
use crate::world::World;

/// Where something is kept that lets somebody in.
const TABLES: [&str; 6] = [
    "client_secrets",
    "login_sessions",
    "authorization_codes",
    "refresh_tokens",
    "invitations",
    "sign_in_links",
];

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Text)]
    hash: String,
}

fn kept(world: &World, table: &str) -> Vec<String> {
    let mut conn = Conn::open(&world.config.database.url).unwrap();
    let query = format!("SELECT hash FROM {table}");
    let rows: Vec<Kept> = foundation::on!(&mut conn, |c| diesel::sql_query(&query).load(c)).unwrap();
    rows.into_iter().map(|kept| kept.hash).collect()
}

/// Tries what was found at every door; the names of those that opened.
async fn opened_by(world: &World, client: &CreatedClient, found: &str) -> Vec<&'static str> {
    let mut opened = Vec::new();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", found)];
    for (door, request) in [
        ("code", redemption(world, client, found, &[])),
        ("refresh token", token_request(world, client, &refresh)),
        (
            "secret",
            world
                .token_request("grant_type=client_credentials")
                .basic_auth(&world.client.client_id, Some(found)),
        ),
    ] {
        if request.send().await.unwrap().status() == StatusCode::OK {
            opened.push(door);
        }
    }
    let mut thief = Browser::new(world);
    thief.cookies.insert("denro-session".into(), found.to_owned());
    if thief.get("/account").await.status == StatusCode::OK {
        opened.push("session");
    }
    let mut thief = Browser::new(world);
    thief.get("/login/link").await;
    if thief.post("/login/by-link", &[("code", found)]).await.status == StatusCode::SEE_OTHER {
        opened.push("link");
    }
    let page = accept(&mut Browser::new(world), found, "thief@example.jp").await;
    if page.html.contains("Your account") {
        opened.push("invitation");
    }
    opened
}

#[tokio::test]
async fn a_copy_of_the_database_lets_nobody_in() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let answer = tokens(&world, &mut browser, &client).await;
    let (unused, invitation) = (code(&mut browser, &client).await, operator_code(&world).await);
    let link = sign_in_link(&world.config, EMAIL).await.unwrap().url;
    let shown = [
        world.client.proof.client_secret.as_str(),
        &browser.cookies["denro-session"],
        &unused,
        str_of(&answer, "refresh_token"),
        &invitation,
        link.split_once("code=").unwrap().1,
    ];
    for table in TABLES {
        let found = kept(&world, table);
        assert!(!found.is_empty(), "{table}");
        for hash in found {
            assert!(!shown.contains(&hash.as_str()), "{table}");
            assert_eq!(opened_by(&world, &client, &hash).await, [""; 0], "{table}");
        }
    }
    let honest = redemption(&world, &client, &unused, &[]).send().await.unwrap();
    assert_eq!(
        honest.status(),
        StatusCode::OK,
        "what was shown is good all the while"
    );
    world.stop().await;
}

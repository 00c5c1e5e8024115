//! People in front of the auth-server with a real browser, and a client that others wrote at the other end.

use auth_server::admin::{NewClient, SignIn, create_client, recover_operator};
use foundation::Clock;
use foundation::db::DatabaseUrl;
use serde_json::{Value, json};
use system_tests::peer::Runtime;

fn said<'a>(lines: &'a [Value], key: &str) -> &'a Value {
    let found = lines.iter().find(|line| !line[key].is_null());
    &found.unwrap_or_else(|| panic!("nothing of {key} in {lines:#?}"))[key]
}

/// By DPoP: also what follows from them, and nobody is told anything without a proof.
fn assert_tokens_are_bound(lines: &[Value]) {
    for key in ["type", "fresh", "stolen"] {
        assert_eq!(*said(lines, key), json!("dpop"), "{key}");
    }
    assert_eq!(
        (said(lines, "refreshed"), said(lines, "same")),
        (&json!(true), &json!(true))
    );
}

/// A client of others, which people come back to at `home`.
fn client_at(home: &str) -> NewClient {
    NewClient {
        name: "管理アプリ".into(),
        tenant_id: "ten_main".into(),
        scopes: "outlets:read".parse().unwrap(),
        audience: None,
        introspects: None,
        dpop_bound: false,
        sign_in: Some(SignIn {
            redirect_uris: vec![format!("{home}/callback")],
            post_logout_uris: vec![format!("{home}/bye")],
            is_ours: false,
        }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_with_a_browser_signs_in_to_a_client_of_others_and_out_again() {
    if !Runtime::Node.is_there() || !Runtime::Chromium.is_there() {
        return;
    }
    let folder = std::env::temp_dir().join(foundation::ids::id("people"));
    std::fs::create_dir_all(&folder).unwrap();
    let mut config = auth_server::Config::local(DatabaseUrl::sqlite(folder.join("auth.db")));
    // Browsers make passkeys for names alone, so that the port must be known before.
    let free = std::net::TcpListener::bind(config.listen.address).unwrap();
    config.listen.address = free.local_addr().unwrap();
    let issuer = format!("http://localhost:{}", config.listen.address.port());
    config.issuer = Some(issuer.clone());
    drop(free);
    let service = auth_server::start(config.clone(), Clock::system()).await.unwrap();
    let link = recover_operator(&config).await.unwrap().url;
    let mut arguments = vec![issuer.as_str(), &link];
    let pictures = std::env::var("DENRO_PICTURES").ok();
    arguments.extend(pictures.as_deref());
    let mut peer = Runtime::Node.start("node/people.mjs", &arguments);
    let home = format!("http://127.0.0.1:{}", peer.until("port").await["port"]);
    let client = create_client(&config, client_at(&home)).await.unwrap();
    peer.tell(&client.client_id).await;
    peer.tell(&client.proof.client_secret).await;
    let lines = peer.finish().await;

    assert_eq!(
        said(&lines, "alert"),
        "This password would be guessed too soon. Take a few unrelated words."
    );
    assert_eq!(said(&lines, "heading"), "Your account");
    assert_eq!(said(&lines, "passkey"), "Your account");
    let info = said(&lines, "userinfo");
    assert_eq!(
        (&info["name"], &info["email"]),
        (&json!("山田 愛子"), &json!("aiko@example.jp"))
    );
    assert_tokens_are_bound(&lines);
    assert_eq!(*said(&lines, "jose"), json!(true));
    assert_eq!(*said(&lines, "active"), json!(true));
    assert_eq!(*said(&lines, "revoked"), json!(false));
    assert_eq!(*said(&lines, "reuse"), json!("invalid_grant"));
    assert_eq!(*said(&lines, "after"), json!("/login"));
    assert_eq!(*said(&lines, "outside"), json!([]));
    let pages: Vec<&Value> = lines.iter().filter(|line| line["page"].is_string()).collect();
    assert_eq!(pages.len(), 13, "{pages:#?}");
    for page in pages {
        assert_eq!(page["found"], json!([]), "{page:#}");
    }
    assert_eq!(*said(&lines, "done"), json!(true));
    service.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

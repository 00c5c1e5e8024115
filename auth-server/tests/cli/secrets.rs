//! Secrets and tokens are told once, and kept nowhere.

use serde_json::Value;

use crate::folder::{Folder, str_of};
use crate::running::Running;

const GRANT: &str = "grant_type=client_credentials";

/// Gets a token with the secret, and shows both wherever they can be shown, also where they do not belong.
async fn use_everywhere(server: &Running, id: &str, secret: &str) -> String {
    let wrong = server
        .post("/oauth2/token")
        .basic_auth(secret, Some(secret))
        .body(GRANT);
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    let right = server
        .post("/oauth2/token")
        .basic_auth(id, Some(secret))
        .body(GRANT);
    let issued: Value = right.send().await.unwrap().json().await.unwrap();
    let token = str_of(&issued, "access_token").to_owned();
    let assertion =
        format!("{token}&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let asserted = server
        .post("/oauth2/token")
        .body(format!("{GRANT}&client_assertion={assertion}"));
    assert_eq!(asserted.send().await.unwrap().status(), 401);
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        let asked = server
            .post(path)
            .basic_auth(id, Some(secret))
            .body(format!("token={token}"));
        assert_eq!(asked.send().await.unwrap().status(), 200);
    }
    token
}

#[tokio::test]
async fn neither_logs_nor_audit_nor_database_hold_a_secret_or_a_token() {
    let folder = Folder::new();
    let created = folder.create();
    let (id, secret) = (str_of(&created, "client_id"), str_of(&created, "client_secret"));
    let server = Running::start(&folder);
    let token = use_everywhere(&server, id, secret).await;
    let (logged, said) = server.stop();
    assert!(
        said.contains("No operator yet") && said.contains("/invitation?code=dnr_in_"),
        "{said}"
    );
    assert!(!logged.contains("dnr_in_"));
    assert!(
        logged.contains("client authentication failed") && logged.contains("access token issued"),
        "{logged}"
    );
    let audit = folder.answer(&["audit", "tail", "-n", "100", "--json"]);
    for event in [
        "token.issued",
        "token.revoked",
        "client.authentication",
        "key.published",
    ] {
        assert!(audit.contains(event), "{event}: {audit}");
    }
    assert!(
        audit.contains("\"source\":\"127.0.0.1\"") && audit.contains("\"count\":1"),
        "{audit}"
    );
    let mut kept = vec![logged.into_bytes(), audit.into_bytes()];
    for entry in std::fs::read_dir(&folder.0).unwrap() {
        kept.push(std::fs::read(entry.unwrap().path()).unwrap());
    }
    for unspeakable in [secret, &token] {
        let unspeakable = unspeakable.as_bytes();
        let holds = |content: &Vec<u8>| content.windows(unspeakable.len()).any(|part| part == unspeakable);
        assert!(!kept.iter().any(holds));
    }
}

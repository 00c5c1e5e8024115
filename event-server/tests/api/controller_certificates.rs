//! Roots for a controller to trust: one command each, worded for OCPP, with the station's outcome.

use serde_json::{Value, json};

use crate::certificates::Certified;
use crate::world::{Authority, Caller, Panel, TlsStation, World, eventually};

struct Online {
    certified: Certified,
    station: TlsStation,
    controller_id: String,
}

impl Online {
    async fn start() -> Self {
        let certified = Certified::start().await;
        let station = certified.booted().await;
        let listed = certified.world.owner().get("/v1/controllers").await.expect(200);
        let controller_id = listed["data"][0]["id"].as_str().unwrap().to_owned();
        let owner = certified.world.owner();
        let is_online = || async {
            let controller = owner.get(&format!("/v1/controllers/{controller_id}")).await;
            (controller.expect(200)["online"] == true).then_some(())
        };
        eventually(is_online).await;
        Self {
            certified,
            station,
            controller_id,
        }
    }

    fn path(&self, what: &str) -> String {
        format!("/v1/controllers/{}/{what}", self.controller_id)
    }

    /// Acts, answers the call that comes of it, and answers with that call's payload and the command's outcome.
    async fn act(&mut self, what: &str, body: &Value, action: &str, answer: Value) -> (Value, Value) {
        let owner = self.certified.world.owner();
        let key = foundation::ids::random_text();
        let accepted = owner.act(&self.path(what), &key, body).await.expect(202);
        let mut call = self.station.frame().await;
        while call[2] != action {
            assert_eq!(call[0], 2, "{call}");
            self.station.send(&json!([3, call[1], {}])).await;
            call = self.station.frame().await;
        }
        self.station.send(&json!([3, call[1], answer])).await;
        let path = format!("/v1/commands/{}", accepted["command"]["id"].as_str().unwrap());
        let owner = self.certified.world.owner();
        let outcome = eventually(|| async {
            let command = owner.get(&path).await.expect(200);
            (!command["completed_at"].is_null()).then_some(command)
        });
        (call[3].take(), outcome.await)
    }
}

#[tokio::test]
async fn a_root_goes_to_the_controller_without_what_was_pasted_beside_it() {
    let mut online = Online::start().await;
    let root = Authority::new().root_pem();
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let body = json!({ "certificate": format!("{key}{root}") });
    let answer = json!({"status": "Accepted"});
    let (call, outcome) = online
        .act("certificates", &body, "InstallCertificate", answer)
        .await;
    assert_eq!(call["certificateType"], "CSMSRootCertificate");
    let sent = call["certificate"].as_str().unwrap();
    assert_eq!(
        sent.replace("\r\n", "\n").trim(),
        root.replace("\r\n", "\n").trim()
    );
    assert_eq!(
        (&outcome["kind"], &outcome["state"]),
        (&json!("install_certificate"), &json!("confirmed"))
    );
}

#[tokio::test]
async fn what_a_controller_does_not_want_or_cannot_keep_is_told_with_its_reason() {
    let mut online = Online::start().await;
    let body = json!({ "certificate": Authority::new().root_pem(), "purpose": "manufacturer_root" });
    for (status, state, reason) in [
        ("Rejected", "refused", "TooManyCertificates"),
        ("Failed", "failed", "not_installed"),
    ] {
        let info = json!({"reasonCode": "TooManyCertificates", "additionalInfo": "eight"});
        let answer = json!({"status": status, "statusInfo": info});
        let (call, outcome) = online
            .act("certificates", &body, "InstallCertificate", answer)
            .await;
        assert_eq!(call["certificateType"], "ManufacturerRootCertificate");
        assert_eq!(
            (&outcome["state"], &outcome["reason"], &outcome["detail"]),
            (&json!(state), &json!(reason), &json!("eight"))
        );
    }
}

#[tokio::test]
async fn roots_are_listed_and_deleted_by_their_hashes() {
    let mut online = Online::start().await;
    let hash = json!({"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1"});
    let listed = json!({"certificateType": "CSMSRootCertificate", "certificateHashData": hash});
    let answer = json!({"status": "Accepted", "certificateHashDataChain": [listed]});
    let (_, outcome) = online
        .act(
            "certificate-requests",
            &json!({}),
            "GetInstalledCertificateIds",
            answer,
        )
        .await;
    let found: Value = serde_json::from_str(outcome["detail"].as_str().unwrap()).unwrap();
    assert_eq!(found[0]["purpose"], "CSMSRootCertificate");
    let (call, outcome) = online
        .act(
            "certificate-deletions",
            &found[0]["hash"],
            "DeleteCertificate",
            json!({"status": "NotFound"}),
        )
        .await;
    assert_eq!(call["certificateHashData"], hash);
    assert_eq!(
        (&outcome["state"], &outcome["reason"]),
        (&json!("refused"), &json!("NotFound"))
    );
    let none = json!({"status": "NotFound"});
    let (_, outcome) = online
        .act(
            "certificate-requests",
            &json!({}),
            "GetInstalledCertificateIds",
            none,
        )
        .await;
    assert_eq!(outcome["detail"], "[]", "{outcome}");
}

fn path(panel: &Panel, what: &str) -> String {
    format!(
        "/v1/controllers/{}/{what}",
        panel.controller["id"].as_str().unwrap()
    )
}

async fn is_wrong(owner: &Caller<'_>, path: &str, body: Value, pointer: &str) {
    let answer = owner.act(path, "k", &body).await;
    answer.is_problem(422, "invalid-request");
    assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{}", answer.body);
}

#[tokio::test]
async fn what_is_no_root_is_pointed_at_before_a_controller_hears_of_it() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let (authority, certificates) = (Authority::new(), path(&panel, "certificates"));
    let leaf = authority.identity("spiffe://d/site/s/controller/c").chain_pem;
    let twice = authority.root_pem() + &authority.root_pem();
    for junk in ["", "junk", &leaf, &twice, "-----BEGIN \u{0}"] {
        is_wrong(
            &owner,
            &certificates,
            json!({ "certificate": junk }),
            "/certificate",
        )
        .await;
    }
    let body = json!({ "certificate": authority.root_pem(), "purpose": "v2g" });
    is_wrong(&owner, &certificates, body, "/purpose").await;
    let good = json!({"hash_algorithm": "SHA256", "issuer_name_hash": "aa", "issuer_key_hash": "bb", "serial_number": "1"});
    for (field, value) in [
        ("issuer_name_hash", json!("xyz")),
        ("serial_number", json!("")),
        ("hash_algorithm", json!("MD5")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let deletions = path(&panel, "certificate-deletions");
        is_wrong(&owner, &deletions, body, &format!("/{field}")).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn only_its_tenants_writers_change_what_a_controller_that_is_online_trusts() {
    let world = World::start().await;
    let panel = world.owner().panel(1).await;
    let hash = json!({"hash_algorithm": "SHA256", "issuer_name_hash": "aa", "issuer_key_hash": "bb", "serial_number": "1"});
    for (what, body) in [
        (
            "certificates",
            json!({ "certificate": Authority::new().root_pem() }),
        ),
        ("certificate-requests", json!({})),
        ("certificate-deletions", hash),
    ] {
        let path = path(&panel, what);
        let stranger = world
            .caller("t2", "sites:write")
            .act(&path, &format!("{what}-k1"), &body)
            .await;
        stranger.is_problem(404, "not-found");
        let reader = world
            .caller("t1", "sites:read")
            .act(&path, &format!("{what}-k2"), &body)
            .await;
        reader.is_problem(403, "insufficient-scope");
        world
            .owner()
            .act(&path, &format!("{what}-k3"), &body)
            .await
            .expect(202);
        world.sql("UPDATE controllers SET online = FALSE");
        let offline = world.owner().act(&path, &format!("{what}-k4"), &body).await;
        offline.is_problem(409, "controller-offline");
        world.sql("UPDATE controllers SET online = TRUE");
    }
    world.stop().await;
}

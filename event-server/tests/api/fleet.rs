//! What is asked of controllers besides charging: each one command, of one's own controllers that are online alone.

use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Panel, World};

/// Path, a good body, the command's kind, and a scope that does not do.
fn operations(panel: &Panel) -> [(String, Value, &'static str, &'static str); 6] {
    let controller = format!("/v1/controllers/{}", panel.controller["id"].as_str().unwrap());
    let variable = json!({ "component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60" });
    let set = json!({ "variables": [variable] });
    let off = json!({ "available": false });
    [
        (
            format!("{controller}/availability-changes"),
            off.clone(),
            "change_availability",
            "outlets:write",
        ),
        (
            format!("{controller}/reset-requests"),
            json!({ "when": "on_idle" }),
            "reset",
            "sites:read",
        ),
        (
            format!("{controller}/variable-changes"),
            set,
            "set_variables",
            "sites:read",
        ),
        (
            format!("/v1/outlets/{}/availability-changes", panel.outlets[0]),
            off,
            "change_availability",
            "sites:write",
        ),
        (
            format!("{controller}/firmware-updates"),
            firmware(),
            "update_firmware",
            "sites:read",
        ),
        (
            format!("{controller}/log-uploads"),
            json!({ "kind": "security", "location": "https://logs.example.com/" }),
            "upload_log",
            "sites:read",
        ),
    ]
}

fn firmware() -> Value {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    json!({ "location": "https://files.example.com/new", "signing_certificate": certificate.pem(), "signature": "AAAA" })
}

#[tokio::test]
async fn each_is_one_command_however_often_it_is_asked_for() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    for (path, body, kind, scope) in operations(&panel) {
        let first = owner.act(&path, &path, &body).await;
        let location = first.header("location").to_owned();
        let first = first.expect(202);
        assert_eq!(
            (&first["command"]["kind"], &first["command"]["state"]),
            (&json!(kind), &json!("accepted"))
        );
        assert_eq!(owner.act(&path, &path, &body).await.expect(202), first);
        assert_eq!(owner.get(&location).await.expect(200), first["command"]);
        world
            .caller("t1", scope)
            .act(&path, "k", &body)
            .await
            .is_problem(403, "insufficient-scope");
        world
            .caller("t2", ALL_SCOPES)
            .act(&path, "k", &body)
            .await
            .is_problem(404, "not-found");
        owner
            .post(&path, &body)
            .await
            .is_problem(400, "idempotency-key-missing");
    }
    world.sql("UPDATE controllers SET online = FALSE");
    for (path, body, _, _) in operations(&panel) {
        owner
            .act(&path, "off", &body)
            .await
            .is_problem(409, "controller-offline");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_asked_is_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let [(availability, ..), (reset, ..), (variables, ..), ..] = operations(&panel);
    let with =
        |value: String| json!({ "variables": [{ "component": "A", "variable": "B", "value": value }] });
    for (path, body, pointer) in [
        (&availability, json!({}), "/available"),
        (&availability, json!({ "available": "no" }), "/available"),
        (&reset, json!({ "when": "tomorrow" }), "/when"),
        (&variables, json!({ "variables": [] }), "/variables"),
        (&variables, with("x".repeat(1_001)), "/variables/0/value"),
        (
            &variables,
            json!({ "variables": [{ "component": "A", "variable": "B" }] }),
            "/variables/0/value",
        ),
    ] {
        let refused = owner.act(path, "k", &body).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_got_or_sent_is_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let [.., (firmware, good, ..), (log, ..)] = operations(&panel);
    let but = |member: &str, value: Value| {
        let mut body = good.clone();
        body[member] = value;
        body
    };
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    for (path, body, pointer) in [
        (
            &firmware,
            but("location", "ftp://files.example.com/new".into()),
            "/location",
        ),
        (
            &firmware,
            but(
                "location",
                format!("https://a.example/{}", "x".repeat(512)).into(),
            ),
            "/location",
        ),
        (
            &firmware,
            but("signing_certificate", key.into()),
            "/signing_certificate",
        ),
        (&firmware, but("signature", "".into()), "/signature"),
        (&firmware, but("signature", "no Base64".into()), "/signature"),
        (
            &firmware,
            but("install_at", "2999-01-01T00:00:00Z".into()),
            "/install_at",
        ),
        (
            &log,
            json!({ "kind": "diary", "location": "https://a.example/" }),
            "/kind",
        ),
        (
            &log,
            json!({ "kind": "security", "location": "logs" }),
            "/location",
        ),
        (
            &log,
            json!({ "kind": "security", "location": "https://a.example/", "from": "2026-12-02T00:00:00Z",
                "to": "2026-12-01T00:00:00Z" }),
            "/to",
        ),
    ] {
        let refused = owner.act(path, "k", &body).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    world.stop().await;
}

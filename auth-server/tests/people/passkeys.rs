//! Passkeys: a device made of nothing but a key, and what a thief would send.

use auth_server::Config;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use foundation::secrets::sha256;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::browser::{Browser, Page};
use crate::flow::{EMAIL, operator};
use crate::race::one_wins;
use crate::world::World;

const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const SEEN_OWNER: u8 = 0x05;

/// A device, with one key.
struct Device {
    pair: EcdsaKeyPair,
    id: String,
    count: u32,
    origin: String,
    party: String,
    flags: u8,
}

impl Device {
    fn new(world: &World) -> Self {
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: foundation::ids::random_text(),
            count: 1,
            origin: world.known_as(),
            party: "localhost".into(),
            flags: SEEN_OWNER,
        }
    }

    fn client_data(&self, action: &str, challenge: &str) -> Vec<u8> {
        let challenge = B64.encode(challenge);
        json!({"type": action, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn authenticator_data(&self) -> Vec<u8> {
        let mut data = sha256(self.party.as_bytes()).to_vec();
        data.push(self.flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    fn made(&self, challenge: &str) -> Vec<(&'static str, String)> {
        let spki = [&SPKI, self.pair.public_key().as_ref()].concat();
        vec![
            ("id", self.id.clone()),
            (
                "client_data",
                B64.encode(self.client_data("webauthn.create", challenge)),
            ),
            ("authenticator_data", B64.encode(self.authenticator_data())),
            ("public_key", B64.encode(spki)),
        ]
    }

    fn signed(&mut self, challenge: &str) -> Vec<(&'static str, String)> {
        self.count += 1;
        self.signed_as(challenge, "webauthn.get")
    }

    fn signed_as(&self, challenge: &str, action: &str) -> Vec<(&'static str, String)> {
        let (client, data) = (self.client_data(action, challenge), self.authenticator_data());
        let message = [&data[..], &sha256(&client)].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &message).unwrap();
        vec![
            ("id", self.id.clone()),
            ("client_data", B64.encode(client)),
            ("authenticator_data", B64.encode(data)),
            ("signature", B64.encode(signature)),
        ]
    }
}

impl World {
    /// Browsers make keys for names alone.
    async fn start_by_name() -> Self {
        let world = Self::start().await;
        let config = Config {
            issuer: Some("http://localhost:8401".into()),
            ..world.config.clone()
        };
        let again = auth_server::start(config.clone(), world.clock.clone())
            .await
            .unwrap();
        let mut world = world;
        std::mem::replace(&mut world.service, again).stop().await;
        world.config = config;
        world
    }

    /// What browsers know the server by.
    fn known_as(&self) -> String {
        self.config.issuer.clone().unwrap()
    }
}

async fn challenge(browser: &mut Browser, page: &str) -> String {
    browser.get(page).await;
    let answer = browser.post("/passkey/challenge", &[]).await;
    let answer: Value = serde_json::from_str(&answer.html).unwrap();
    assert_eq!(answer["rp"], "localhost");
    answer["challenge"].as_str().unwrap().to_owned()
}

async fn send(browser: &mut Browser, path: &str, fields: &[(&'static str, String)]) -> Page {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    browser.post(path, &fields).await
}

/// A device whose key the browser's person has added.
async fn added(world: &World, browser: &mut Browser) -> Device {
    let device = Device::new(world);
    let challenge = challenge(browser, "/account").await;
    let page = send(browser, "/account/add-passkey", &device.made(&challenge)).await;
    assert_eq!(page.location(), "/account", "{}", page.html);
    device
}

#[tokio::test]
async fn a_key_that_was_added_signs_in_and_one_that_was_removed_does_not() {
    let world = World::start_by_name().await;
    let mut own = operator(&world).await;
    let mut device = added(&world, &mut own).await;
    let mut other = Browser::new(&world);
    for _time in 0..2 {
        let challenge = challenge(&mut other, "/login").await;
        let page = send(&mut other, "/login/passkey", &device.signed(&challenge)).await;
        assert_eq!(page.location(), "/account", "{}", page.html);
        assert!(other.get("/account").await.html.contains(EMAIL));
        other.cookies.remove("denro-session");
    }
    let account = own.get("/account").await;
    assert!(account.html.contains(&device.id), "{}", account.html);
    own.post("/account/remove-passkey", &[("id", &device.id)]).await;
    let challenge = challenge(&mut other, "/login").await;
    let page = send(&mut other, "/login/passkey", &device.signed(&challenge)).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    world.stop().await;
}

/// What a device says that should not be believed, and its name.
type Lie = (&'static str, fn(&mut Device));

async fn assert_not_in(browser: &mut Browser, fields: &[(&'static str, String)], case: &str) {
    browser.get("/login").await;
    let page = send(browser, "/login/passkey", fields).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{case}");
    assert!(!browser.cookies.contains_key("denro-session"), "{case}");
}

/// WebAuthn Level 3 §7.2.
#[tokio::test]
async fn no_signature_but_one_for_this_site_with_its_owner_there_signs_in() {
    let world = World::start_by_name().await;
    let mut own = operator(&world).await;
    let mut device = added(&world, &mut own).await;
    let mut thief = Browser::new(&world);
    let lies: [Lie; 5] = [
        ("another origin", |d| d.origin = "https://evil.example".into()),
        ("another party", |d| d.party = "evil.example".into()),
        ("nobody there", |d| d.flags = 0x04),
        ("owner not seen", |d| d.flags = 0x01),
        ("a copy that has fallen behind", |d| d.count = 0),
    ];
    for (case, lie) in lies {
        let before = (
            device.origin.clone(),
            device.party.clone(),
            device.flags,
            device.count,
        );
        lie(&mut device);
        let asked = challenge(&mut thief, "/login").await;
        assert_not_in(&mut thief, &device.signed(&asked), case).await;
        (device.origin, device.party, device.flags, device.count) = before;
    }
    let asked = challenge(&mut thief, "/login").await;
    let other_action = device.signed_as(&asked, "webauthn.create");
    assert_not_in(&mut thief, &other_action, "another action").await;
    let page = send(&mut thief, "/login/passkey", &device.signed(&asked)).await;
    assert_eq!(page.location(), "/account", "the challenge was not used up");
    world.stop().await;
}

#[tokio::test]
async fn no_signature_is_good_twice_or_by_another_key() {
    let world = World::start_by_name().await;
    let mut own = operator(&world).await;
    let mut device = added(&world, &mut own).await;
    let mut thief = Browser::new(&world);
    let asked = challenge(&mut thief, "/login").await;
    let good = device.signed(&asked);
    assert_eq!(
        send(&mut thief, "/login/passkey", &good).await.location(),
        "/account"
    );
    thief.cookies.remove("denro-session");
    assert_not_in(&mut thief, &good, "replayed").await;
    assert_not_in(&mut thief, &device.signed(&asked), "the challenge again").await;
    assert_not_in(&mut thief, &device.signed("AAAA"), "a challenge of nobody").await;
    let asked = challenge(&mut thief, "/login").await;
    let mut forger = Device {
        id: device.id.clone(),
        count: 100,
        ..Device::new(&world)
    };
    assert_not_in(&mut thief, &forger.signed(&asked), "another key under this name").await;
    assert_not_in(&mut thief, &Device::new(&world).signed(&asked), "an unknown key").await;
    assert_not_in(&mut thief, &[], "nothing").await;
    world.clock.advance(std::time::Duration::from_secs(301));
    assert_not_in(&mut thief, &device.signed(&asked), "too late").await;
    world.stop().await;
}

#[tokio::test]
async fn a_key_is_added_once_by_who_has_signed_in_and_for_this_site() {
    let world = World::start_by_name().await;
    let mut own = operator(&world).await;
    let device = added(&world, &mut own).await;
    let challenge_of = async |own: &mut Browser| challenge(own, "/account").await;
    let again = challenge_of(&mut own).await;
    let page = send(&mut own, "/account/add-passkey", &device.made(&again)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "known already");
    let elsewhere = Device {
        origin: "https://evil.example".into(),
        ..Device::new(&world)
    };
    let asked = challenge_of(&mut own).await;
    let page = send(&mut own, "/account/add-passkey", &elsewhere.made(&asked)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "for another site");
    let mut stranger = Browser::new(&world);
    let asked = challenge(&mut stranger, "/login").await;
    let page = send(
        &mut stranger,
        "/account/add-passkey",
        &Device::new(&world).made(&asked),
    )
    .await;
    assert_eq!(page.location(), "/login");
    world.stop().await;
}

#[tokio::test]
async fn an_address_without_a_name_offers_no_keys() {
    let world = World::start().await;
    let mut browser = operator(&world).await;
    let page = browser.get("/account").await;
    assert!(!page.html.contains("passkey"), "{}", page.html);
    assert_eq!(
        browser.post("/passkey/challenge", &[]).await.status,
        StatusCode::NOT_FOUND
    );
    world.stop().await;
}

#[tokio::test]
async fn of_sixteen_parallel_uses_of_one_signature_one_wins() {
    let world = World::start_by_name().await;
    let mut own = operator(&world).await;
    let mut device = added(&world, &mut own).await;
    let mut other = Browser::new(&world);
    let asked = challenge(&mut other, "/login").await;
    let signed = device.signed(&asked);
    let uses = |_| {
        let (mut browser, signed) = (other.clone(), signed.clone());
        async move { send(&mut browser, "/login/passkey", &signed).await.status }
    };
    one_wins(StatusCode::SEE_OTHER, StatusCode::FORBIDDEN, uses).await;
    world.stop().await;
}

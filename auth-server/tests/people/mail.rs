//! Mail as a mail server that others wrote takes it: refused and tried again.

use std::time::Duration;

use crate::browser::Browser;
use crate::flow::{BACK, EMAIL, client, operator, request};
use crate::mailbox::Mailbox;
use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_comes_by_mail_and_leads_to_what_the_person_wanted() {
    let Some(mut mailbox) = Mailbox::start("1") else {
        return;
    };
    let world = World::start_configured(|config| config.mail = Some(mailbox.config())).await;
    operator(&world).await;
    let client = client(&world, true).await;
    let mut browser = Browser::new(&world);
    let page = browser.follow(&request(&client, &[])).await;
    let kept = page.field("request");
    let page = browser
        .post(
            "/login/link",
            &[("request", &kept), ("email", " Aiko@Example.JP ")],
        )
        .await;
    assert!(page.html.contains("Look into your mail"), "{}", page.html);

    assert_eq!(mailbox.next()["refused"], true);
    world.clock.advance(Duration::from_secs(61));
    let mail = mailbox.next()["mail"].clone();
    assert_eq!(mail["to"], serde_json::json!([EMAIL]));
    assert_eq!(mail["from"], "電路 <denro@example.jp>");
    assert_eq!(mail["subject"], "Your link to sign in");
    let text = mail["text"].as_str().unwrap();
    let path = text
        .split_once(&world.issuer())
        .unwrap()
        .1
        .lines()
        .next()
        .unwrap();
    let code = path.split_once("code=").unwrap().1;

    // The mail is read on another device.
    let mut phone = Browser::new(&world);
    phone.get(path).await;
    let page = phone.submit("/login/by-link", &[("code", code)]).await;
    assert!(
        page.location().starts_with(BACK),
        "{} {}",
        page.location(),
        page.html
    );
    let code = page.parameter("code").unwrap();
    let answer = crate::flow::redemption(&world, &client, &code, &[])
        .send()
        .await
        .unwrap();
    let answer = crate::world::json(answer).await;
    let told = world.http.get(world.url("/oauth2/userinfo"));
    let told = told.bearer_auth(crate::flow::str_of(&answer, "access_token"));
    let told = crate::world::json(told.send().await.unwrap()).await;
    assert_eq!(told["email_verified"], true);
    world.stop().await;
}

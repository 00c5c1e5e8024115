//! In which language pages are.

use reqwest::StatusCode;

use crate::browser::Browser;
use crate::flow::{client, request};
use crate::world::World;

const ENGLISH: &str = "<html lang=\"en\">";
const JAPANESE: &str = "<html lang=\"ja\">";

#[tokio::test]
async fn an_app_s_language_and_then_the_chosen_one_stand_over_the_browser_s() {
    let world = World::start().await;
    let client = client(&world, true).await;
    let mut browser = Browser::new(&world);
    assert!(browser.get("/login").await.html.contains(ENGLISH));
    let asked = request(&client, &[("ui_locales", "fr ja-JP")]);
    assert!(browser.follow(&asked).await.html.contains(JAPANESE));
    assert!(browser.get("/login").await.html.contains(JAPANESE), "it stays");

    let page = browser.post("/language", &[("lang", "en")]).await;
    assert_eq!(
        (page.status, page.location().as_str()),
        (StatusCode::SEE_OTHER, "/account")
    );
    assert!(browser.get("/login").await.html.contains(ENGLISH));
    browser.post("/language", &[("lang", "tlh")]).await;
    assert!(browser.get("/login").await.html.contains(ENGLISH));
    world.stop().await;
}

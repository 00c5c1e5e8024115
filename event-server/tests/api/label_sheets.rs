//! Sheets of labels: two readers of QR codes, which share nothing, find every label in its place.

use serde_json::json;

use crate::papers::{Paper, Picture, can_be_read};
use crate::world::{ALL_SCOPES, Caller, World, answer};

const DOTS_PER_INCH: u32 = 200;
const PLACES: usize = 8;
/// The layout `99x67` in mm: the first label's corner, and from one to the next.
const FIRST: (f32, f32) = (4.6, 13.1);
const NEXT: (f32, f32) = (101.6, 67.7);

fn mm(dots: f32) -> f32 {
    dots * 25.4 / DOTS_PER_INCH as f32
}

fn dots(mm: f32) -> usize {
    (mm / 25.4 * DOTS_PER_INCH as f32) as usize
}

/// What is printed at a place, counted from 0, row by row.
fn label(page: &Picture, place: usize) -> Picture {
    let left = FIRST.0 + (place % 2) as f32 * NEXT.0;
    let top = FIRST.1 + (place / 2) as f32 * NEXT.1;
    page.part((dots(left), dots(top)), (dots(99.1), dots(67.7)))
}

/// What rqrr reads, where the symbol's middle is, and how wide it is without its margin, in mm.
fn by_rqrr(picture: &Picture) -> Vec<(String, (f32, f32), f32)> {
    let dot = |x: usize, y: usize| picture.dots[y * picture.width + x];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(picture.width, picture.height, dot);
    let grids = image.detect_grids();
    let found = grids.iter().map(|grid| {
        let [first, right, across, _] = grid.bounds.map(|point| (mm(point.x as f32), mm(point.y as f32)));
        let middle = ((first.0 + across.0) / 2.0, (first.1 + across.1) / 2.0);
        (grid.decode().unwrap().1, middle, right.0 - first.0)
    });
    found.collect()
}

async fn sheet(caller: &Caller<'_>, path: &str) -> Paper {
    let answer = caller.request(reqwest::Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert_eq!(answer.headers()["cache-control"], "private, no-store");
    Paper::keep(&answer.bytes().await.unwrap())
}

#[tokio::test]
async fn every_label_of_a_sheet_is_read_in_its_place_and_leads_to_its_outlet() {
    if !can_be_read() {
        return;
    }
    let world = World::start_with(|config| config.public_url = Some("https://c.example".to_owned())).await;
    let owner = world.owner();
    let panel = owner.panel(8).await;
    let long = json!({ "name": "地下2階 来客用コンセント Visitor outlet 12", "unit": "203" });
    let third = format!("/v1/outlets/{}", panel.outlets[2]);
    owner.patch(&third, &long).await.expect(200);
    let site = format!("/v1/sites/{}", panel.site_id);
    let paper = sheet(&owner, &format!("{site}/labels.pdf?layout=99x67&start_at=2")).await;
    let pages = paper.pages(DOTS_PER_INCH);
    assert_eq!(pages.len(), 2);
    let mut outlets = panel.outlets.iter();
    for place in 1..=PLACES {
        // The first place of the first sheet was used before.
        let printed = label(&pages[place / PLACES], place % PLACES);
        let exact = by_rqrr(&printed);
        assert_eq!(exact.len(), 1, "at {place}");
        // 45 mm with the margin, which is 8 of 37 modules.
        assert!(exact[0].2 > 35.0, "{exact:?}");
        assert_eq!(printed.read_by_zbar(), [exact[0].0.clone()], "at {place}");
        let code = exact[0].0.strip_prefix("https://c.example/o/").unwrap();
        let scanned = owner.get(&format!("/v1/outlet-codes/{code}")).await.expect(200);
        assert_eq!(scanned["id"], json!(outlets.next().unwrap()), "at {place}");
    }
    for free in [label(&pages[0], 0), label(&pages[1], 1)] {
        assert_eq!((by_rqrr(&free).len(), free.read_by_zbar().len()), (0, 0));
    }
    let text = paper.text();
    for words in [
        "番号の入力はこちら",
        "Do not use it",
        "区画 8",
        "地下2階",
        "住戸 203",
        "https://c.example/o/",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    for font in paper.fonts() {
        let embedded: Vec<&str> = font.split_whitespace().rev().skip(2).take(3).collect();
        assert_eq!(
            embedded, ["yes"; 3],
            "embedded, in part, and to be searched: {font}"
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn one_label_is_printed_again_where_the_sheet_is_free_and_as_far_beside_as_asked() {
    if !can_be_read() {
        return;
    }
    let world = World::start_with(|config| config.public_url = Some("https://c.example".to_owned())).await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let site = format!("/v1/sites/{}", panel.site_id);
    let one = format!(
        "{site}/labels.pdf?layout=99x67&lang=en&start_at=6&outlet_ids={}",
        panel.outlets[1]
    );
    let mut middles = Vec::new();
    for offset in ["", "&offset_x=15&offset_y=-20"] {
        let paper = sheet(&owner, &format!("{one}{offset}")).await;
        assert!(!paper.text().contains("番号"));
        let page = &paper.pages(DOTS_PER_INCH)[0];
        assert_eq!(label(page, 5).read_by_zbar().len(), 1);
        let found = by_rqrr(page);
        assert_eq!(found.len(), 1);
        middles.push(found[0].1);
    }
    let moved = (middles[1].0 - middles[0].0, middles[1].1 - middles[0].1);
    assert!(
        (moved.0 - 1.5).abs() < 0.2 && (moved.1 + 2.0).abs() < 0.2,
        "{moved:?}"
    );
    let page = sheet(&owner, "/v1/label-calibration.pdf?layout=105x74&offset_x=-3").await;
    assert!(page.text().contains("offset_x=-3 offset_y=0"));
    world.stop().await;
}

#[tokio::test]
async fn a_sheet_that_cannot_be_printed_is_refused_with_what_can_be_done() {
    let folder = std::env::temp_dir().join(foundation::ids::id("denro-font"));
    let known = std::path::Path::new("/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf");
    if !can_be_read() || std::fs::copy(known, &folder).is_err() {
        return;
    }
    let world = World::start_with(|config| config.papers.font = Some(folder.clone())).await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let path = format!("/v1/sites/{}/labels.pdf", panel.site_id);
    for (wrong, told) in [
        ("layout=a4", "layout: expected one of 105x148, 105x74, 99x67"),
        ("start_at=5", "start_at: expected 1 to 4"),
        ("offset_x=101", "offset_x: expected -100 to 100"),
        ("outlet_ids=out_1", "outlet_ids: the site has no outlet out_1"),
        (
            "lang=fr",
            "lang: unknown variant `fr`, expected one of `ja`, `en`, `both`",
        ),
    ] {
        let refused = owner.get(&format!("{path}?{wrong}")).await;
        refused.is_problem(400, "invalid-query");
        assert_eq!(refused.body["detail"], told);
    }
    let stranger = world.caller("t2", ALL_SCOPES);
    stranger.get(&path).await.is_problem(404, "not-found");
    std::fs::remove_file(&folder).unwrap();
    let without = answer(owner.request(reqwest::Method::GET, &path)).await;
    without.is_problem(503, "font-missing");
    let detail = without.body["detail"].as_str().unwrap();
    assert!(detail.contains(folder.to_str().unwrap()), "{detail}");
    world.stop().await;
}

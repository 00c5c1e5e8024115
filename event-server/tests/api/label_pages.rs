//! Labels that are bound and checked on site, by whoever looks after it and by nobody else.

use crate::browser::{Browser, world};
use crate::papers::{Paper, can_be_read};

#[tokio::test]
async fn a_label_is_bound_on_site_by_whoever_looks_after_it_and_is_unknown_to_all_others() {
    let world = world().await;
    let panel = world.owner().panel(2).await;
    let (site, outlet) = (format!("/sites/{}", panel.site_id), panel.outlets[1].as_str());
    let [manager, elsewhere] =
        [panel.site_id.as_str(), "sit_other"].map(|at| Browser::of(&world, "manager", at));
    let [resident, member] =
        ["resident", "board_member"].map(|role| Browser::of(&world, role, &panel.site_id));
    let batches = format!("{site}/label-batches");
    for (browser, count, status) in [(&member, "2", 403), (&manager, "501", 422), (&manager, "2", 303)] {
        let made = browser.post(&batches, &[("count", count)]).await;
        assert_eq!(made.status, status, "{count}");
    }
    let outlets = manager.get(&format!("{site}/outlets?lang=ja")).await;
    outlets.says(&["0 / 2", "未点検", "先に印刷するラベル"]);
    let (_, rest) = outlets.text.split_once(&format!("{batches}/")).unwrap();
    let batch = rest.split_once(".csv").unwrap().0;
    let csv = manager.get(&format!("{batches}/{batch}.csv")).await;
    let lines: Vec<&str> = csv.text.lines().skip(1).collect();
    let [code, shown, _] = lines[0].split(',').collect::<Vec<_>>()[..] else {
        panic!("{}", csv.text)
    };
    assert_eq!(elsewhere.get(&format!("{batches}/{batch}.csv")).await.status, 404);
    if can_be_read() {
        let pdf = manager.get(&format!("{batches}/{batch}.pdf")).await;
        let read = Paper::keep(&pdf.bytes).pages(200)[0].read_by_zbar();
        assert!(
            read.iter().any(|url| url.ends_with(code)),
            "{read:?} lacks {code}"
        );
        assert_eq!(read.len(), 2);
    }
    let page = format!("/o/{code}");
    for stranger in [&elsewhere, &resident, &member] {
        let (free, never) = (stranger.get(&page).await, stranger.get("/o/222222222").await);
        assert_eq!((free.status, &free.text), (404, &never.text));
        let taken = stranger
            .post(&format!("{page}/bind"), &[("outlet", outlet)])
            .await;
        assert_eq!(taken.status, 404);
    }
    let offered = manager.get(&page).await;
    offered.says(&[
        "このラベルはまだコンセントに結び付けられていません",
        shown,
        "区画 2",
    ]);
    let old = panel.controller["outlets"][1]["public_code"].as_str().unwrap();
    manager
        .get(&format!("{page}/bind?outlet={outlet}"))
        .await
        .says(&["区画 2", shown, "無効になります"]);
    let bound = manager.post(&format!("{page}/bind"), &[("outlet", outlet)]).await;
    assert_eq!((bound.status, &bound.location), (303, &page));
    manager.get(&page).await.says(&["区画 2", "ラベルの点検"]);
    assert_eq!(resident.get(&format!("/o/{old}")).await.status, 404);
    let again = manager.post(&format!("{page}/bind"), &[("outlet", outlet)]).await;
    assert_eq!(again.status, 404);
    manager.get(&format!("{site}/outlets")).await.says(&["1 / 2"]);
    world.stop().await;
}

#[tokio::test]
async fn a_label_check_says_when_and_by_whom_until_the_outlet_has_another_label() {
    let world = world().await;
    let panel = world.owner().panel(1).await;
    let code = panel.controller["outlets"][0]["public_code"].as_str().unwrap();
    let (page, outlets) = (format!("/o/{code}"), format!("/sites/{}/outlets", panel.site_id));
    let manager = Browser::of(&world, "manager", &panel.site_id);
    for (role, status) in [("resident", 404), ("board_member", 403)] {
        let browser = Browser::of(&world, role, &panel.site_id);
        assert!(!browser.get(&page).await.text.contains("/check"), "{role}");
        let checked = browser
            .post(&format!("{page}/check"), &[("is_right", "true")])
            .await;
        assert_eq!(checked.status, status, "{role}");
    }
    manager.get(&outlets).await.says(&["未点検"]);
    for (is_right, said) in [("true", "正しい – "), ("false", "誤り – ")] {
        let checked = manager
            .post(&format!("{page}/check"), &[("is_right", is_right)])
            .await;
        assert_eq!((checked.status, &checked.location), (303, &page));
        manager.get(&outlets).await.says(&[said, "愛子"]);
    }
    manager.get(&page).await.says(&["貼り直してください"]);
    let log = world.owner().get("/v1/audit-entries?limit=1").await.expect(200);
    assert_eq!(log["data"][0]["changes"][0]["member"], "label_is_right");
    manager
        .post(&format!("{outlets}/{}/code", panel.outlets[0]), "")
        .await;
    manager.get(&outlets).await.says(&["未点検"]);
    let old = manager
        .post(&format!("{page}/check"), &[("is_right", "true")])
        .await;
    assert_eq!(old.status, 404);
    world.stop().await;
}

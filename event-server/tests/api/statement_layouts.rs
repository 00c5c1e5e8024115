//! A month as CSV with the columns that a management company's program takes in.

use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, world};
use crate::manager_pages::october;
use crate::world::{Answer, Caller, World, answer};

async fn put(owner: &Caller<'_>, path: &str, (tag, body): (&str, &Value)) -> Answer {
    let request = owner.request(Method::PUT, path).header("if-match", tag);
    answer(request.json(body)).await
}

async fn download(world: &World, owner: &Caller<'_>, path: &str) -> Vec<u8> {
    let request = world.http.get(world.url(path)).bearer_auth(&owner.token);
    request.send().await.unwrap().bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_months_csv_has_the_columns_that_were_chosen_in_their_order() {
    let world = world().await;
    let owner = world.owner();
    let panel = october(&world).await;
    let path = format!("/v1/sites/{}/statement-layout", panel.site_id);
    let month = format!("/v1/sites/{}/statements/2026-10.csv", panel.site_id);
    let seen = owner.get(&path).await;
    let tag = seen.header("etag").to_owned();
    let whole = seen.expect(200);
    assert_eq!(whole["columns"].as_array().unwrap().len(), 16);
    assert_eq!(
        (&whole["lines"], &whole["charset"]),
        (&json!("all"), &json!("utf-8"))
    );
    let column = |column: &str, heading: &str| json!({ "column": column, "heading": heading });
    let chosen = json!({
        "columns": [column("total_yen", "請求額, 円"), column("unit", "=部屋"), column("energy_kwh", "使用量")],
        "lines": "units", "charset": "shift_jis",
    });
    let set = put(&owner, &path, (&tag, &chosen)).await.expect(200);
    assert_eq!(set["columns"], chosen["columns"]);
    put(&owner, &path, (&tag, &chosen))
        .await
        .is_problem(412, "changed-meanwhile");
    let bytes = download(&world, &owner, &month).await;
    let (text, _, broken) = encoding_rs::SHIFT_JIS.decode(&bytes);
    // The unit without a name comes first, as in the statement.
    assert!(!broken);
    assert!(text.starts_with("\"請求額, 円\",\"'=部屋\",使用量\r\n"), "{text}");
    assert!(text.contains("\r\n87,301,2.500\r\n"), "{text}");
    assert_eq!(text.lines().count(), 4);
    let utf8 = download(&world, &owner, &format!("{month}?charset=utf-8&lang=en")).await;
    assert!(String::from_utf8(utf8).unwrap().contains("(no unit)"));
    for (wrong, pointer) in [
        (json!({ "columns": [] }), "/columns"),
        (
            json!({ "columns": [column("unit", "a"), column("unit", "b")] }),
            "/columns/1/column",
        ),
        (
            json!({ "columns": [column("unit", "a\nb")] }),
            "/columns/0/heading",
        ),
    ] {
        let refused = put(&owner, &path, ("*", &wrong)).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer);
    }
    world.stop().await;
}

#[tokio::test]
async fn managers_see_the_first_lines_before_they_keep_the_columns() {
    let world = world().await;
    let panel = october(&world).await;
    let months = format!("/sites/{}/statements", panel.site_id);
    let path = format!("{months}/layout");
    let [manager, member] = ["manager", "board_member"].map(|role| Browser::of(&world, role, &panel.site_id));
    member.get(&format!("{path}?lang=ja")).await.says(&[
        "2026年10月",
        "開始指示値(kWh)<br><small><code>opening_register_kwh",
    ]);
    member
        .get(&format!("{path}?lang=en"))
        .await
        .says(&["Register at the beginning (kWh)<br><small><code>opening_register_kwh"]);
    let form = [
        ("place_total_yen", "2"),
        ("heading_total_yen", "請求額"),
        ("place_unit", "1"),
        ("heading_unit", "部屋😀"),
        ("lines", "units"),
        ("charset", "shift_jis"),
    ];
    for door in [path.clone(), format!("{path}/preview")] {
        assert_eq!(member.post(&door, &form).await.status, 403);
        let wrong = [("lines", "units"), ("charset", "utf-8")];
        assert_eq!(manager.post(&door, &wrong).await.status, 422);
    }
    let tried = manager.post(&format!("{path}/preview"), &form).await;
    tried.says(&[
        "<th scope=\"col\">部屋?</th><th scope=\"col\">請求額</th>",
        "Shift_JIS にない文字",
    ]);
    let csv = manager.get(&format!("{months}/2026-10.csv?charset=utf-8")).await;
    assert!(csv.text.starts_with("\u{feff}区分,"), "{}", csv.text);
    assert_eq!(manager.post(&path, &form).await.status, 303);
    let csv = manager.get(&format!("{months}/2026-10.csv?charset=utf-8")).await;
    assert!(csv.text.starts_with("\u{feff}部屋😀,請求額\r\n"), "{}", csv.text);
    world.stop().await;
}

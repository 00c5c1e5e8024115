//! A month as CSV, as another program's spreadsheet reads it.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::world::{Caller, Ended, Panel, World, answer, ended_session};

/// By LibreOffice's numbers for character sets: Unicode, and Shift_JIS.
const CHARSETS: [(&str, u8); 2] = [("utf-8", 76), ("shift_jis", 64)];

/// Whether LibreOffice is here.
fn has_spreadsheet() -> bool {
    let found = Command::new("soffice").arg("--version").output().is_ok();
    let text = "needs LibreOffice: bash .ci/install, or apt-get install --no-install-recommends libreoffice-calc-nogui";
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{text}");
        eprintln!("SKIPPED: {text}");
    }
    found
}

/// The cells that LibreOffice shows of a CSV file.
fn opened(folder: &Path, bytes: &[u8], charset: u8) -> Vec<Vec<String>> {
    let file = folder.join("month.csv");
    std::fs::write(&file, bytes).unwrap();
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let done = Command::new("soffice")
        .args([&profile, "--headless"])
        .arg(format!("--infilter=CSV:44,34,{charset},1"))
        .args([
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):9,0,76,1,,0,false,true,false",
        ])
        .arg("--outdir")
        .arg(folder.join("opened"))
        .arg(&file)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(folder.join("opened/month.csv")).unwrap();
    let lines = text.lines();
    lines
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

async fn download(world: &World, owner: &Caller<'_>, path: &str) -> Vec<u8> {
    let request = world.http.get(world.url(path)).bearer_auth(&owner.token);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.unwrap().to_vec()
}

/// Three units of October, of which one would be a formula, and a correction that would be one too.
async fn october(world: &World, owner: &Caller<'_>) -> Panel {
    let panel = owner.panel(1).await;
    let us = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let made_us = us("2026-10-05T00:00:00Z");
    world.sql(&format!("UPDATE sites SET created_at = {made_us}"));
    for (id, unit, registers_wh) in [
        ("ses_1", Some("301"), (1_000, 3_500)),
        ("ses_2", Some("=1+1"), (3_500, 4_000)),
        ("ses_3", None, (4_000, 4_001)),
    ] {
        world.sql(&ended_session(&Ended {
            id,
            outlet: &panel.outlets[0],
            unit,
            ended_us: us("2026-10-20T00:00:00Z"),
            registers_wh,
        }));
    }
    let outlet = format!("/v1/outlets/{}", panel.outlets[0]);
    owner
        .patch(&outlet, &json!({ "name": "区画〜①, \"東\"" }))
        .await
        .expect(200);
    let note = json!({ "unit": "301", "amount_yen": -50, "note": "+81 おわび" });
    let path = format!("/v1/sites/{}/statement-corrections", panel.site_id);
    owner.post(&path, &note).await.expect(201);
    panel
}

fn row(cells: &[Vec<String>], kind: &str, unit: &str) -> Vec<String> {
    let found = cells.iter().find(|row| row[0] == kind && row[1] == unit);
    found
        .unwrap_or_else(|| panic!("{kind} {unit}: {cells:?}"))
        .clone()
}

/// What a spreadsheet shows of the month.
fn check(cells: &[Vec<String>], charset: &str) {
    assert!(cells.iter().all(|row| row.len() == 16), "{cells:?}");
    assert_eq!(
        (cells[0][0].as_str(), cells[0][14].as_str()),
        ("区分", "合計(円)")
    );
    let own = row(cells, "住戸", "301");
    // 2500 Wh at 31 yen, 77.5 rounded down, and 10.
    assert_eq!(
        own[3..15],
        [
            "2026年10月",
            "1",
            "",
            "",
            "2.5",
            "kWh相当",
            "77",
            "10",
            "0",
            "0",
            "-50",
            "37"
        ]
    );
    assert_eq!(row(cells, "住戸", "'=1+1")[14], "25");
    assert_eq!(row(cells, "住戸", "(住戸なし)")[7], "0.001");
    let registers = row(cells, "指示値", "301");
    let name = if charset == "utf-8" {
        "区画〜①, \"東\""
    } else {
        "区画～①, \"東\""
    };
    assert_eq!(registers[2], name);
    assert_eq!(registers[5..8], ["1", "3.5", "2.5"]);
    let correction = row(cells, "訂正", "301");
    assert_eq!(
        (correction[14].as_str(), correction[15].as_str()),
        ("-50", "'+81 おわび")
    );
    assert_eq!(row(cells, "合計", "")[14], "72");
}

#[tokio::test]
async fn a_month_is_read_by_a_spreadsheet_in_both_character_sets_and_holds_no_formula() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = october(&world, &owner).await;
    let month = format!("/v1/sites/{}/statements/2026-10.csv", panel.site_id);
    let plain = download(&world, &owner, &month).await;
    assert_eq!(&plain[..3], b"\xef\xbb\xbf");
    let wrong = answer(owner.request(reqwest::Method::GET, &format!("{month}?lang=fr"))).await;
    wrong.is_problem(400, "invalid-query");
    let english = download(&world, &owner, &format!("{month}?lang=en")).await;
    let english = String::from_utf8(english).unwrap();
    assert!(
        english.contains("\r\nunit,(no unit),,2026-10,1,,,0.001,kWh equivalent,"),
        "{english}"
    );
    if !has_spreadsheet() {
        return world.stop().await;
    }
    let folder = std::env::temp_dir().join(foundation::ids::id("denro-sheet"));
    std::fs::create_dir_all(&folder).unwrap();
    for (charset, number) in CHARSETS {
        let bytes = download(&world, &owner, &format!("{month}?charset={charset}")).await;
        let cells = opened(&folder, &bytes, number);
        check(&cells, charset);
    }
    std::fs::remove_dir_all(folder).unwrap();
    world.stop().await;
}

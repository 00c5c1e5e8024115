//! Papers as they are drawn, written where `DENRO_PAPERS` says for people to look at.

use api_spec::rest::{EndedReason, EnergyAtPrice, SessionCost};
use foundation::Language;

use super::corrections::Correction;
use super::font::for_tests;
use super::receipt::{self, Receipt};
use super::statement::{self, Closing, Notice, Reconciliation, Registers, SessionRow, Statement, UnitRow};
use super::*;

fn keep(name: &str, pdf: &[u8]) {
    assert!(pdf.starts_with(b"%PDF-"), "{name}");
    if let Some(folder) = std::env::var_os("DENRO_PAPERS") {
        std::fs::write(std::path::Path::new(&folder).join(name), pdf).unwrap();
    }
}

fn label(number: usize) -> Label {
    let long = "地下2階 来客用コンセント Visitor outlet 12";
    Label {
        name: if number == 2 {
            long.to_owned()
        } else {
            format!("A-{number}")
        },
        unit: (number != 3).then(|| format!("{}", 200 + number)),
        site: "パークハイツ丸の内 東棟".to_owned(),
        url: "https://c.example/o/7k3m9qxwc".to_owned(),
        shown: "7K3-M9Q-XWC".to_owned(),
        contact: (number != 4).then(|| "管理室 03-1234-5678 (24h)".to_owned()),
        printed: "2026-11-30".to_owned(),
    }
}

#[test]
fn sheets_and_calibration_pages_are_drawn_in_every_layout() {
    let Some(font) = for_tests() else { return };
    let labels: Vec<Label> = (1..=9).map(label).collect();
    for name in ["105x148", "105x74", "99x67"] {
        for (language, code) in [(LabelLanguage::Both, "both"), (LabelLanguage::En, "en")] {
            let layout = Layout::named(name).unwrap();
            let offset = Offset { right: 0, down: 0 };
            let sheet = LabelSheet {
                layout,
                offset,
                skipped: 1,
                language,
                labels: labels.clone(),
            };
            keep(
                &format!("labels-{name}-{code}.pdf"),
                &label_sheet(&font, &sheet).unwrap(),
            );
            let page = calibration(&font, (layout, offset), language).unwrap();
            keep(&format!("calibration-{name}-{code}.pdf"), &page);
        }
    }
}

fn receipt(language: Language) -> Receipt {
    Receipt {
        language,
        session_id: "ses_01kab3y7kq8w4nd2fv6h9tr5ce".to_owned(),
        issuer: Some("パークハイツ丸の内管理組合".to_owned()),
        contact: Some("管理室 03-1234-5678".to_owned()),
        site: "パークハイツ丸の内 東棟".to_owned(),
        address: Some("東京都千代田区丸の内1-9-1 1階駐車場".to_owned()),
        outlet: "A-3".to_owned(),
        unit: Some("203".to_owned()),
        started: "2026-11-30 22:04:12 +09:00".to_owned(),
        ended: "2026-12-01 06:31:40 +09:00".to_owned(),
        ended_reason: Some(EndedReason::CarIdle),
        start_register_wh: Some(1_204_431),
        stop_register_wh: Some(1_219_731),
        energy_wh: 15_300,
        verified: language == Language::English,
        energy: vec![
            EnergyAtPrice {
                band: None,
                energy_milliyen_per_kwh: 31_500,
                energy_wh: 2_800,
            },
            EnergyAtPrice {
                band: Some("夜間".to_owned()),
                energy_milliyen_per_kwh: 20_000,
                energy_wh: 12_500,
            },
        ],
        cost: Some(SessionCost {
            yen: 438,
            energy_yen: 338,
            fixed_yen: 50,
            minimum_yen: 0,
            idle_yen: 50,
            tariff_id: None,
            tariff_version_id: None,
        }),
        issued: "2026-12-01".to_owned(),
    }
}

fn unit(number: usize) -> UnitRow {
    UnitRow {
        unit: format!("{}{:02}", 1 + number / 10, 1 + number % 10),
        sessions: 12,
        opening_wh: Some(1_204_431),
        closing_wh: (number != 3).then_some(1_404_777),
        energy_wh: 200_346,
        energy_yen: 6_310,
        fixed_yen: 600,
        other_yen: 0,
        yen: 6_910,
        registers: match number {
            5 => vec![registers("A-5"), registers("A-6")],
            _ => Vec::new(),
        },
    }
}

fn registers(outlet: &str) -> Registers {
    Registers {
        outlet: outlet.to_owned(),
        opening_wh: Some(602_215),
        closing_wh: Some(702_388),
    }
}

fn correction(unit: Option<&str>) -> Correction {
    Correction {
        month: Some("2026年10月".to_owned()),
        unit: unit.map(str::to_owned),
        why: "使用停止のおわび".to_owned(),
        yen: -120,
    }
}

fn site() -> String {
    "パークハイツ丸の内 東棟".to_owned()
}

fn statement(language: Language) -> Statement {
    Statement {
        language,
        site: site(),
        month: "2026-11".to_owned(),
        verified: language == Language::English,
        rows: (0..95).map(unit).collect(),
        total: UnitRow {
            sessions: 1140,
            energy_wh: 19_032_870,
            energy_yen: 599_450,
            fixed_yen: 57_000,
            yen: 656_450,
            ..UnitRow::default()
        },
        reconciliation: Some(Reconciliation {
            main_wh: 19_500_000,
            outlets_wh: 19_032_870,
            difference_per_mille: Some(24),
        }),
        corrections: vec![correction(Some("203"))],
        notes: Vec::new(),
        closing: Some(Closing {
            at: "2026-12-03 09:00:00 +09:00".to_owned(),
            hash: "5e".repeat(32),
        }),
    }
}

fn notice(language: Language) -> Notice {
    let session = |number: usize| SessionRow {
        started: format!("2026-11-{:02} 22:04:12 +09:00", number + 1),
        ended: format!("2026-11-{:02} 06:31:40 +09:00", number + 2),
        outlet: "A-3".to_owned(),
        energy_wh: 15_300,
        yen: 438,
    };
    Notice {
        language,
        site: site(),
        unit: "203".to_owned(),
        month: "2026-11".to_owned(),
        verified: language == Language::English,
        contact: Some("管理室 03-1234-5678".to_owned()),
        people: vec!["山田 花子".to_owned()],
        prices: vec![
            "31.5 円/kWh × 12.300 kWh".to_owned(),
            "夜間 20 円/kWh × 3.000 kWh".to_owned(),
        ],
        rows: vec![UnitRow {
            unit: "A-3".to_owned(),
            ..unit(2)
        }],
        total: unit(2),
        corrections: vec![correction(None)],
        sessions: (0..12).map(session).collect(),
        closing: None,
    }
}

#[test]
fn receipts_statements_and_notices_are_drawn_in_both_languages() {
    let Some(font) = for_tests() else { return };
    for language in [Language::Japanese, Language::English] {
        let papers = [
            ("receipt", receipt::pdf(&font, &receipt(language))),
            ("statement", statement::pdf(&font, &statement(language))),
            ("notice", statement::notice_pdf(&font, &notice(language))),
        ];
        for (name, pdf) in papers {
            keep(&format!("{name}-{}.pdf", language.code()), &pdf.unwrap());
        }
    }
}

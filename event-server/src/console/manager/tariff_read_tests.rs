//! What somebody types as prices, and what they read where it is wrong.

use api_spec::rest::TariffTerms;

use super::super::words::TariffWords;
use super::tariff_form::{Fields, Pairs};
use super::tariff_read::{Begins, Fault, Version, read};
use crate::http::Language;
use crate::operations::local_days::zone;

fn pairs(all: &[(&str, &str)]) -> Pairs {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    all.iter().map(owned).collect()
}

fn read_at(sent: &Pairs, last: Option<(i64, &str)>) -> Result<Version, Vec<Fault>> {
    let tokyo = zone("Asia/Tokyo");
    let begins = Begins {
        zone: &tokyo,
        // 2026-11-30
        now_us: 1_796_000_000_000_000,
        last,
    };
    read(sent, begins, TariffWords::of(Language::English))
}

fn fields(sent: &[(&str, &str)]) -> Vec<String> {
    let faults = read_at(&pairs(sent), None).unwrap_err();
    faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn what_the_form_is_filled_with_is_read_as_what_holds() {
    let terms: TariffTerms = serde_json::from_value(serde_json::json!({
        "energy_milliyen_per_kwh": 31_500, "fixed_yen": 10, "minimum_yen": 50, "holidays": ["2027-01-01", "2027-01-02"],
        "idle": { "yen_per_minute": 5, "free_minutes": 15 },
        "bands": [
            { "name": "夜間", "days": ["mon", "sun"], "from": "23:00", "to": "07:00", "energy_milliyen_per_kwh": 20_000 },
            { "name": "昼", "from": "10:00", "to": "14:00", "energy_milliyen_per_kwh": 18_001 },
        ],
    }))
    .unwrap();
    let w = TariffWords::of(Language::English);
    let mut fields = Fields::of(&terms, w);
    assert_eq!((fields.yen.as_str(), fields.bands.len()), ("31.5", 4));
    // Filled with what was typed, it says the same once more.
    for _ in 0..2 {
        let sent = sent(&fields);
        let read_again = read_at(&sent, None).unwrap();
        assert_eq!(
            read_again,
            Version {
                terms: terms.clone(),
                from_us: None
            }
        );
        fields = Fields::typed(&sent, Vec::new(), w);
    }
}

fn sent(fields: &Fields) -> Pairs {
    let mut sent = pairs(&[
        ("yen", &fields.yen),
        ("holidays", &fields.holidays),
        ("valid_from", ""),
        ("fixed", &fields.fixed),
        ("minimum", &fields.minimum),
        ("idle", &fields.idle),
        ("free", &fields.free),
    ]);
    for band in &fields.bands {
        let chosen = band.days.iter().find(|(_, _, is_chosen)| *is_chosen).unwrap();
        for (what, value) in [
            ("name", &band.name),
            ("from", &band.from),
            ("to", &band.to),
            ("yen", &band.yen),
            ("days", &chosen.0),
        ] {
            sent.push((format!("{what}_{}", band.number), value.clone()));
        }
    }
    sent
}

#[test]
fn a_moment_is_by_the_sites_clocks_and_neither_past_nor_before_what_is_registered() {
    let sent = pairs(&[("yen", "31"), ("valid_from", "2027-01-01T00:00")]);
    let expected: jiff::Timestamp = "2026-12-31T15:00:00Z".parse().unwrap();
    let at_us = expected.as_microsecond();
    assert_eq!(read_at(&sent, None).unwrap().from_us, Some(at_us));
    assert_eq!(
        read_at(&sent, Some((at_us - 1, "then"))).unwrap().from_us,
        Some(at_us)
    );
    let refused = read_at(&sent, Some((at_us, "15 Dec"))).unwrap_err();
    assert!(refused[0].text.contains("15 Dec"), "{refused:?}");
    assert_eq!(
        fields(&[("yen", "31"), ("valid_from", "2026-01-01T00:00")]),
        ["valid_from"]
    );
    // At once is before what is to come.
    let at_once = pairs(&[("yen", "31")]);
    assert_eq!(
        read_at(&at_once, Some((at_us, "then"))).unwrap_err()[0].field,
        "valid_from"
    );
}

#[test]
fn everything_that_is_wrong_is_told_where_it_is() {
    for (name, wrong) in [
        ("yen", ""),
        ("yen", "-1"),
        ("yen", "1.2345"),
        ("yen", "1e3"),
        ("fixed", "-1"),
        ("holidays", "tomorrow"),
        ("holidays", "2027-01-01 2027-01-01"),
        ("valid_from", "soon"),
    ] {
        let mut sent = vec![(name, wrong)];
        sent.push(("yen", "31"));
        assert_eq!(fields(&sent), [name], "{name} {wrong}");
    }
    assert_eq!(fields(&[("yen", "x"), ("idle", "y")]), ["idle", "yen"]);
}

#[test]
fn a_band_of_which_anything_was_typed_is_whole_and_overlaps_with_none() {
    let night = [
        ("yen", "31"),
        ("name_1", "夜"),
        ("from_1", "23:00"),
        ("to_1", "7:00"),
        ("yen_1", "20"),
    ];
    let read = read_at(&pairs(&night), None).unwrap();
    assert_eq!(read.terms.bands[0].to, "07:00");
    for (missing, name) in [(1, "name_1"), (2, "from_1"), (3, "to_1"), (4, "yen_1")] {
        let mut sent = night.to_vec();
        sent.remove(missing);
        assert_eq!(fields(&sent), [name]);
    }
    let mut both = night.to_vec();
    both.extend([
        ("name_2", "昼"),
        ("from_2", "06:00"),
        ("to_2", "18:00"),
        ("yen_2", "25"),
    ]);
    let refused = read_at(&pairs(&both), None).unwrap_err();
    assert_eq!(refused[0].field, "from_2");
    assert!(refused[0].text.contains("夜 23:00–07:00") && refused[0].text.contains("昼 06:00–18:00"));
    both[6].1 = "07:00";
    assert_eq!(read_at(&pairs(&both), None).unwrap().terms.bands.len(), 2);
    // On other days it is no overlap.
    both[6].1 = "06:00";
    both.extend([("days_1", "mon,tue"), ("days_2", "sat,holiday")]);
    assert_eq!(read_at(&pairs(&both), None).unwrap().terms.bands.len(), 2);
}

//! The store against a real file.

use domain::ids::TransactionId;

use domain::outlet::{Outlet, Saved, Settings};
use domain::units::MilliAmps;

use super::*;

pub(super) fn directory(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("denro-store-{name}-{}", foundation::ids::random_text()))
}

pub(super) fn message(text: &str) -> Message {
    Message {
        rank: Rank::Report,
        action: "MeterValues",
        payload: format!("{{\"is\":\"{text}\"}}"),
        created_us: 5,
    }
}

pub(super) fn row(number: u8) -> OutletRow {
    OutletRow {
        number,
        saved: Saved {
            rise_threshold: Some(MilliAmps(9000)),
            ..Outlet::new(Settings::default()).saved()
        },
        boot_id: "boot".into(),
        seq_no: 7,
        last_start: Some((12, TransactionId("tx".into()))),
    }
}

#[tokio::test]
async fn a_step_is_found_again_and_messages_go_the_oldest_first() {
    let directory = directory("step");
    let store = Store::open(&directory).unwrap();
    let step = Step {
        outlets: vec![row(1), row(2)],
        messages: vec![message("first"), message("second")],
        next_event_id: 9,
        ..Step::default()
    };
    store.write(step).await.unwrap();
    drop(store);

    let store = Store::open(&directory).unwrap();
    let found = store.load().await.unwrap();
    assert_eq!((found.outlets, found.next_event_id), (vec![row(1), row(2)], 9));
    let mut answered = Answered::default();
    let first = store.oldest(answered).await.unwrap().unwrap();
    assert_eq!(first.payload, message("first").payload);
    answered.add(first.id);
    store.delivered(answered).await.unwrap();
    let second = store.oldest(Answered::default()).await.unwrap().unwrap();
    assert_eq!(second.payload, message("second").payload);
}

#[tokio::test]
async fn reports_go_before_samples_and_each_kind_in_its_order() {
    let store = Store::open(&directory("ranks")).unwrap();
    let sample = |text: &str| Message {
        rank: Rank::Sample,
        ..message(text)
    };
    for messages in [
        vec![sample("s1"), message("r1"), sample("s2")],
        vec![sample("s3"), message("r2")],
    ] {
        let step = Step {
            messages,
            ..Step::default()
        };
        store.write(step).await.unwrap();
    }
    let mut answered = Answered::default();
    let mut order = Vec::new();
    while let Some(entry) = store.oldest(answered).await.unwrap() {
        answered.add(entry.id);
        order.push(entry.payload);
        if order.len() == 2 {
            let late = Step {
                messages: vec![message("r3")],
                ..Step::default()
            };
            store.write(late).await.unwrap();
            store.delivered(answered).await.unwrap();
        }
    }
    let expected = ["r1", "r2", "r3", "s1", "s2", "s3"].map(|text| message(text).payload);
    assert_eq!(order, expected);
    store.delivered(answered).await.unwrap();
    assert_eq!(store.depth().await.unwrap(), Depth::default());
}

#[tokio::test]
async fn a_refused_message_is_tried_again_until_it_is_set_aside() {
    let store = Store::open(&directory("refused")).unwrap();
    let step = Step {
        messages: vec![message("bad"), message("good")],
        ..Step::default()
    };
    store.write(step).await.unwrap();
    let bad = store.oldest(Answered::default()).await.unwrap().unwrap();
    store
        .refused(bad.id, "InternalError".into(), false)
        .await
        .unwrap();
    let again = store.oldest(Answered::default()).await.unwrap().unwrap();
    assert_eq!((again.id, again.refusals), (bad.id, 1));
    store.refused(bad.id, "InternalError".into(), true).await.unwrap();
    assert_eq!(
        store.oldest(Answered::default()).await.unwrap().unwrap().payload,
        message("good").payload
    );
}

/// Messages of two outlets in so many minutes, and a report with each tenth.
fn minutes(minutes: std::ops::Range<i64>) -> Step {
    let each = |minute: i64| {
        let sample = |outlet: i64| Message {
            rank: Rank::Sample,
            action: "MeterValues",
            payload: format!(
                "{{\"outlet\":{outlet},\"minute\":{minute},\"random\":\"{}\"}}",
                random()
            ),
            created_us: minute * 60_000_000 + 5_000,
        };
        let report = (minute % 10 == 0).then(|| message(&format!("report {minute}")));
        [sample(1), sample(2)].into_iter().chain(report)
    };
    Step {
        messages: minutes.flat_map(each).collect(),
        ..Step::default()
    }
}

fn random() -> String {
    (0..3).map(|_| foundation::ids::random_text()).collect()
}

async fn all(store: &Store) -> Vec<String> {
    let mut answered = Answered::default();
    let mut all = Vec::new();
    while let Some(entry) = store.oldest(answered).await.unwrap() {
        answered.add(entry.id);
        all.push(entry.payload);
    }
    all
}

/// The minutes that are left of one outlet.
fn minutes_of(all: &[String], outlet: i64) -> Vec<i64> {
    let prefix = format!("{{\"outlet\":{outlet},\"minute\":");
    all.iter()
        .filter_map(|payload| payload.strip_prefix(&prefix)?.split(',').next()?.parse().ok())
        .collect()
}

#[tokio::test]
async fn thinning_takes_every_second_minute_of_the_oldest_first_and_never_a_report() {
    let store = Store::open(&directory("thinning")).unwrap();
    let full = store.write(minutes(0..5_000)).await.unwrap();
    assert!(full.thinnable);
    let thin = Step {
        thin: true,
        ..Step::default()
    };
    store.write(thin.clone()).await.unwrap();
    let left = minutes_of(&all(&store).await, 1);
    assert_eq!(left[..3], [0, 2, 4]);
    assert_eq!(
        left[left.len() - 3..],
        [4_997, 4_998, 4_999],
        "the newest are still whole"
    );
    store.write(thin.clone()).await.unwrap();
    let halved = store.write(thin.clone()).await.unwrap();
    let left = all(&store).await;
    for outlet in [1, 2] {
        let even: Vec<i64> = (0..5_000).step_by(2).collect();
        assert_eq!(minutes_of(&left, outlet), even);
    }
    assert_eq!(left.iter().filter(|text| text.contains("report")).count(), 500);
    assert!(halved.bytes < full.bytes * 6 / 10, "{halved:?} of {full:?}");
    // The next pass begins anew with the oldest.
    store.write(thin.clone()).await.unwrap();
    let left = minutes_of(&all(&store).await, 2);
    assert_eq!(left[..3], [0, 4, 8]);
}

#[tokio::test]
async fn after_thinning_was_delivered_new_samples_are_whole_again() {
    let store = Store::open(&directory("thinned")).unwrap();
    let thin = Step {
        thin: true,
        ..Step::default()
    };
    let mut usage = store.write(minutes(0..1_000)).await.unwrap();
    while usage.thinnable {
        usage = store.write(thin.clone()).await.unwrap();
    }
    assert_eq!(minutes_of(&all(&store).await, 1), [0, 256, 512, 768]);
    let mut answered = Answered::default();
    while let Some(entry) = store.oldest(answered).await.unwrap() {
        answered.add(entry.id);
    }
    store.delivered(answered).await.unwrap();
    assert!(store.write(minutes(1_000..1_010)).await.unwrap().thinnable);
    store.write(thin).await.unwrap();
    assert_eq!(
        minutes_of(&all(&store).await, 1),
        [1_000, 1_002, 1_004, 1_006, 1_008]
    );
}

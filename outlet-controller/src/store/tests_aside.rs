//! What is counted and what is set aside, against a real file.

use diesel::prelude::*;
use proptest::prelude::*;

use super::schema::{journal, set_aside};
use super::sqlite::FILE;
use super::tests::{directory, message};
use super::*;

fn charge(text: &str) -> Message {
    Message {
        action: "TransactionEvent",
        ..message(text)
    }
}

/// Counts the rows themselves.
fn counted(folder: &Path) -> (i64, i64, i64) {
    let mut c = SqliteConnection::establish(folder.join(FILE).to_str().unwrap()).unwrap();
    let reports = journal::table.filter(journal::id.lt(FIRST_SAMPLE));
    let samples = journal::table.filter(journal::id.ge(FIRST_SAMPLE));
    (
        reports.count().get_result(&mut c).unwrap(),
        samples.count().get_result(&mut c).unwrap(),
        set_aside::table.count().get_result(&mut c).unwrap(),
    )
}

async fn depth(store: &Store) -> (i64, i64, i64) {
    let depth = store.depth().await.unwrap();
    (depth.reports, depth.samples, depth.set_aside)
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Write {
        reports: u8,
        charges: u8,
        samples: u8,
        thin: bool,
    },
    Deliver(u8),
    Refuse {
        set_aside: bool,
    },
    TryAgain,
    Reopen,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..4_u8, 0..4_u8, 0..40_u8, any::<bool>()).prop_map(|(reports, charges, samples, thin)| {
            Act::Write {
                reports,
                charges,
                samples,
                thin,
            }
        }),
        (0..9_u8).prop_map(Act::Deliver),
        any::<bool>().prop_map(|set_aside| Act::Refuse { set_aside }),
        Just(Act::TryAgain),
        Just(Act::Reopen),
    ]
}

async fn carry_out(store: &mut Store, folder: &Path, act: Act, minute: &mut i64) {
    match act {
        Act::Write {
            reports,
            charges,
            samples,
            thin,
        } => {
            let sample = |minute: i64| Message {
                rank: Rank::Sample,
                created_us: minute * 60_000_000,
                ..message("sample")
            };
            let messages = (0..reports).map(|_| message("report"));
            let messages = messages.chain((0..charges).map(|_| charge("charge")));
            let begin = *minute;
            *minute += i64::from(samples);
            let samples = (begin..*minute).map(sample);
            let step = Step {
                messages: messages.chain(samples).collect(),
                thin,
                ..Step::default()
            };
            store.write(step).await.unwrap();
        }
        Act::Deliver(count) => {
            let mut answered = Answered::default();
            for _ in 0..count {
                if let Some(entry) = store.oldest(answered).await.unwrap() {
                    answered.add(entry.id);
                }
            }
            store.delivered(answered).await.unwrap();
        }
        Act::Refuse { set_aside } => {
            if let Some(entry) = store.oldest(Answered::default()).await.unwrap() {
                store.refused(entry.id, "no".into(), set_aside).await.unwrap();
            }
        }
        Act::TryAgain => drop(store.try_again(None).await.unwrap()),
        Act::Reopen => *store = Store::open(folder).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_counted_is_what_is_there(acts in proptest::collection::vec(act(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = directory("counted");
        runtime.block_on(async {
            let (mut store, mut minute) = (Store::open(&folder).unwrap(), 0);
            for act in acts {
                carry_out(&mut store, &folder, act, &mut minute).await;
                assert_eq!(depth(&store).await, counted(&folder), "{act:?}");
            }
        });
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// Writes messages and sets each of them aside.
async fn set_all_aside(store: &Store, messages: Vec<Message>) {
    let step = Step {
        messages,
        ..Step::default()
    };
    store.write(step).await.unwrap();
    while let Some(entry) = store.oldest(Answered::default()).await.unwrap() {
        store
            .refused(entry.id, "FormatViolation".into(), true)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn of_what_is_set_aside_the_newest_are_kept_and_every_report_of_a_charge() {
    let folder = directory("aside");
    let store = Store::open(&folder).unwrap();
    let many = (0..1_010).map(|n| message(&format!("notice {n}")));
    set_all_aside(&store, std::iter::once(charge("bill")).chain(many).collect()).await;
    assert_eq!(depth(&store).await, (0, 0, 1_001));
    let shown = Beside::open(&folder).unwrap().set_aside(2).unwrap();
    let payloads: Vec<_> = shown.iter().map(|aside| aside.payload.clone().unwrap()).collect();
    assert_eq!(payloads, [charge("bill").payload, message("notice 10").payload]);
}

#[tokio::test]
async fn a_report_of_a_charge_gets_another_try_behind_what_waits() {
    let folder = directory("retried");
    let store = Store::open(&folder).unwrap();
    set_all_aside(&store, vec![charge("first"), message("notice"), charge("second")]).await;
    assert!(store.owes().await.unwrap());
    let step = Step {
        messages: vec![message("newer")],
        ..Step::default()
    };
    store.write(step).await.unwrap();
    assert_eq!(store.try_again(None).await.unwrap(), None);
    assert!(!store.owes().await.unwrap());
    let (mut answered, mut order) = (Answered::default(), Vec::new());
    while let Some(entry) = store.oldest(answered).await.unwrap() {
        answered.add(entry.id);
        order.push((entry.payload, entry.refusals));
    }
    let expected = [
        (message("newer").payload, 0),
        (charge("first").payload, MAX_REFUSALS - 1),
        (charge("second").payload, MAX_REFUSALS - 1),
    ];
    assert_eq!(order, expected);
    store.delivered(answered).await.unwrap();
    assert_eq!(depth(&store).await, (0, 0, 1), "the notice is not tried again");
}

#[tokio::test]
async fn a_pass_ends_where_it_began_though_everything_is_refused_again() {
    let store = Store::open(&directory("pass")).unwrap();
    let bills = (0..450).map(|n| charge(&format!("bill {n}"))).collect();
    set_all_aside(&store, bills).await;
    let (mut next, mut tries) = (None, 0);
    loop {
        next = store.try_again(next).await.unwrap();
        while let Some(entry) = store.oldest(Answered::default()).await.unwrap() {
            tries += 1;
            store
                .refused(entry.id, "FormatViolation".into(), true)
                .await
                .unwrap();
        }
        if next.is_none() {
            break;
        }
    }
    assert_eq!((tries, depth(&store).await), (450, (0, 0, 450)));
}

#[tokio::test]
async fn beside_a_running_program_a_person_has_everything_tried_again() {
    let folder = directory("beside");
    let store = Store::open(&folder).unwrap();
    set_all_aside(&store, (0..250).map(|n| charge(&format!("bill {n}"))).collect()).await;
    let mut beside = Beside::open(&folder).unwrap();
    assert_eq!(beside.try_again().unwrap(), 250);
    assert_eq!(beside.depth().unwrap().reports, 250);
    assert!(store.oldest(Answered::default()).await.unwrap().is_some());
    assert!(Beside::open(&directory("nothing")).is_err());
}

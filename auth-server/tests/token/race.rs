//! Sixteen who do the same at once.

use reqwest::StatusCode;

/// One of them is answered with `won`, and all others with `lost`.
pub(crate) async fn one_wins<F>(won: StatusCode, lost: StatusCode, act: impl FnMut(usize) -> F)
where
    F: Future<Output = StatusCode> + Send + 'static,
{
    let racers: Vec<_> = (0..16).map(act).map(tokio::spawn).collect();
    let mut seen = Vec::new();
    for racer in racers {
        seen.push(racer.await.unwrap());
    }
    let winners = seen.iter().filter(|status| **status == won).count();
    let losers = seen.iter().filter(|status| **status == lost).count();
    assert_eq!((winners, losers), (1, 15), "{seen:?}");
}

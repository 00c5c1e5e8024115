//! Keys change while apps work: nobody who asks rightly is refused.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_server::admin::rotate_key;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::Value;
use system_tests::api::{answer, http_client};
use system_tests::world::{Options, World};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Two hundred requests for a token a second, and as many with it.
const EVERY: Duration = Duration::from_millis(5);
/// So much passes at a time, while so many requests are answered.
const STEP: Duration = Duration::from_secs(30);
const ANSWERED_A_STEP: usize = 10;

/// Tokens are used until they are so old: they are good for 600 s, and some time passes while a request is on its way.
const USED_FOR_US: i64 = 500 * 1_000_000;

/// Tokens that are still good, and when each was fetched, the oldest first.
type Kept = Mutex<VecDeque<(String, i64)>>;

/// Requests that go on until they are told to stop.
struct Load {
    stop: CancellationToken,
    tasks: TaskTracker,
    answered: Arc<AtomicUsize>,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Load {
    fn begin(world: &Arc<World>) -> Self {
        let load = Self {
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            answered: Arc::default(),
            refused: Arc::default(),
        };
        let (stop, tasks, world) = (load.stop.clone(), load.tasks.clone(), Arc::clone(world));
        let (answered, refused) = (Arc::clone(&load.answered), Arc::clone(&load.refused));
        let kept = Arc::new(Kept::default());
        load.tasks.spawn(async move {
            let mut pace = tokio::time::interval(EVERY);
            while !stop.is_cancelled() {
                pace.tick().await;
                let (world, kept) = (world.clone(), kept.clone());
                let (answered, refused) = (answered.clone(), refused.clone());
                tasks.spawn(async move {
                    for token in new_and_old(&world, &kept).await {
                        let asked = world.api.bare(Method::GET, "/v1/sites").bearer_auth(&token);
                        let told = answer(asked).await.unwrap();
                        if told.status != 200 {
                            let why = format!("{} {}", told.status, told.body);
                            refused.lock().unwrap().push(why);
                        }
                    }
                    answered.fetch_add(1, SeqCst);
                });
            }
        });
        load
    }

    async fn until_answered(&self, more: usize) {
        let goal = self.answered.load(SeqCst) + more;
        while self.answered.load(SeqCst) < goal {
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn end(self) -> Vec<String> {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        std::mem::take(&mut *self.refused.lock().unwrap())
    }
}

/// A token just fetched, and the oldest that is still good.
async fn new_and_old(world: &World, kept: &Kept) -> [String; 2] {
    let now_us = world.clock.now_us();
    // A refused client would be a panic there.
    let new = world.api.fetch_token(&[]).await;
    let mut kept = kept.lock().unwrap();
    kept.push_back((new.clone(), now_us));
    kept.retain(|(_, at_us)| now_us - at_us < USED_FOR_US);
    let old = kept.front().map_or(new.clone(), |(old, _)| old.clone());
    [new, old]
}

async fn published_by(world: &World) -> Vec<String> {
    let url = format!("{}/oauth2/jwks", world.issuer());
    let keys: Value = http_client().get(url).send().await.unwrap().json().await.unwrap();
    let keys = keys["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Who has signed a token, by its own word.
fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_takes_over_under_load_and_no_good_request_is_refused() {
    let options = Options {
        controller: false,
        ..Options::default()
    };
    let world = Arc::new(World::start(options).await);
    let load = Load::begin(&world);
    load.until_answered(ANSWERED_A_STEP).await;
    let next = rotate_key(world.auth_config(), false).await.unwrap().kid;
    let mut published = Vec::new();
    let mut signed_by_both = false;
    // The next key is published, signs, and is alone in the end.
    while published != [next.clone()] {
        world.clock.advance(STEP);
        load.until_answered(ANSWERED_A_STEP).await;
        published = published_by(&world).await;
        let signs = kid(&world.api.fetch_token(&[]).await);
        signed_by_both |= signs == next && published.len() == 2;
    }
    // Nothing that the old key signed may still be in use.
    load.until_answered(10 * ANSWERED_A_STEP).await;
    let refused = load.end().await;
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(signed_by_both, "the old key stayed while the new one signed");
}

//! Argon2id, a few at a time: passwords must not keep the processor from tokens.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use rustix::process::setpriority_process;
use rustix::thread::gettid;
use tokio::sync::{Semaphore, oneshot};

/// 19 MiB, two passes, one lane: 25 to 30 ms (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Of a thread that gets the processor when nobody else wants it.
const LAST: i32 = 19;
/// Of nobody: an unknown person costs the same work.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$95LjA5nsqrTbVn9Cjso2Yw$zT78AmSsQQ8PbZnOMQhXM/F4JE/NW7VYM59+YzTvZQE";
/// How many may wait for their turn. At 30 ms each the last waits for two seconds.
const MAX_WAITING: usize = 64;

/// Too many at once, or no memory: come back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many people sign in at this moment")]
pub(crate) struct Busy;

/// Hashes and verifies passwords, on all processors but one, and there after everything else.
#[derive(Clone)]
pub(crate) struct Passwords {
    jobs: mpsc::Sender<Job>,
    waiting: Arc<Semaphore>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Passwords {
    /// # Errors
    /// If no thread can be started.
    pub(crate) fn new() -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (jobs, taken) = mpsc::channel();
        let taken = Arc::new(Mutex::new(taken));
        // Few threads, because each keeps the memory of its last hash.
        for _ in 0..cores.saturating_sub(1).max(1) {
            let taken = Arc::clone(&taken);
            let thread = std::thread::Builder::new().name("passwords".into());
            thread.spawn(move || work_off(&taken))?;
        }
        Ok(Self {
            jobs,
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
        })
    }

    /// A new password as a PHC string.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Busy> {
        self.work(move || hash(&password)).await?.map_err(|_| Busy)
    }

    /// Whether it is the password of this PHC string; without one, it never is.
    pub(crate) async fn verify(&self, password: String, kept: Option<String>) -> Result<bool, Busy> {
        let exists = kept.is_some();
        let matches = self.work(move || matches(&password, kept.as_deref().unwrap_or(NOBODY)));
        Ok(matches.await? && exists)
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _in_line = self.waiting.try_acquire().map_err(|_| Busy)?;
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Whoever does not wait any more has gone.
            if !done.is_closed() {
                drop(done.send(work()));
            }
        });
        self.jobs.send(job).map_err(|_| Busy)?;
        answer.await.map_err(|_| Busy)
    }
}

/// Until nobody can bring jobs any more.
fn work_off(jobs: &Mutex<mpsc::Receiver<Job>>) {
    if let Err(error) = setpriority_process(Some(gettid()), LAST) {
        tracing::warn!(%error, "passwords are hashed before tokens are signed");
    }
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_gone) => return,
        }
    }
}

fn hash(password: &str) -> Result<String, password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = foundation::ids::random::<16>();
    let hash: PasswordHash = argon2.hash_password_with_salt(password.as_bytes(), &salt)?;
    Ok(hash.to_string())
}

fn matches(password: &str, kept: &str) -> bool {
    let parsed = PasswordHash::new(kept);
    parsed.is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_hashed_password_is_right_and_nobody_has_any() {
        let passwords = Passwords::new().unwrap();
        let kept = passwords.hash("ながいあいことば".into()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let verify = |password: &str, kept: Option<&String>| passwords.verify(password.into(), kept.cloned());
        assert_eq!(verify("ながいあいことば", Some(&kept)).await, Ok(true));
        assert_eq!(verify("ながいあいことは", Some(&kept)).await, Ok(false));
        assert_eq!(verify("ながいあいことば", None).await, Ok(false));
        assert_eq!(verify("x", Some(&"damaged".into())).await, Ok(false));
    }

    #[test]
    fn nobody_s_password_costs_what_a_new_one_costs() {
        let kept = hash("x").unwrap();
        let cost = |phc: &str| {
            PasswordHash::new(phc)
                .map(|parsed| (parsed.algorithm, parsed.params))
                .unwrap()
        };
        assert_eq!(cost(NOBODY), cost(&kept));
        assert_eq!(NOBODY.len(), kept.len());
    }

    #[tokio::test]
    async fn a_queue_that_is_full_is_told_at_once() {
        let passwords = Passwords::new().unwrap();
        let _all = passwords
            .waiting
            .acquire_many(u32::try_from(MAX_WAITING).unwrap())
            .await
            .unwrap();
        assert_eq!(passwords.hash("x".into()).await, Err(Busy));
    }
}

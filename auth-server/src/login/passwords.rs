//! Argon2id, a few at a time: passwords must not keep the processor from tokens.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use tokio::sync::{Semaphore, oneshot};

use super::priority::give_way;

/// 19 MiB, two passes, one lane: 25 to 30 ms (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
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

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// What a hash is made in: one thread's, for all its hashes, because an allocator would keep many times as much.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let missing = params.block_count().saturating_sub(self.0.len());
        self.0.reserve_exact(missing);
        self.0.resize(self.0.len() + missing, Block::new());
        &mut self.0
    }
}

impl Passwords {
    /// # Errors
    /// If no thread can be started.
    pub(crate) fn new() -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (jobs, taken) = mpsc::channel();
        let taken = Arc::new(Mutex::new(taken));
        // Few threads, because each keeps the memory that it hashes in.
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
        let hashed = self.work(move |memory| hash(&password, memory));
        hashed.await?.map_err(|_| Busy)
    }

    /// Whether it is the password of this PHC string; without one, it never is.
    pub(crate) async fn verify(&self, password: String, kept: Option<String>) -> Result<bool, Busy> {
        let exists = kept.is_some();
        let matches = self.work(move |memory| matches(&password, kept.as_deref().unwrap_or(NOBODY), memory));
        Ok(matches.await? && exists)
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _in_line = self.waiting.try_acquire().map_err(|_| Busy)?;
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // Whoever does not wait any more has gone.
            if !done.is_closed() {
                drop(done.send(work(memory)));
            }
        });
        self.jobs.send(job).map_err(|_| Busy)?;
        answer.await.map_err(|_| Busy)
    }
}

/// Until nobody can bring jobs any more.
fn work_off(jobs: &Mutex<mpsc::Receiver<Job>>) {
    give_way();
    let mut memory = Memory::default();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut memory),
            Err(_gone) => return,
        }
    }
}

fn hash(password: &str, memory: &mut Memory) -> argon2::Result<String> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)?;
    let salt = foundation::ids::random::<16>();
    let mut hash = [0; Params::DEFAULT_OUTPUT_LEN];
    let blocks = memory.blocks(&params);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into_with_memory(password.as_bytes(), &salt, &mut hash, blocks)?;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    Ok(format!(
        "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${hash}"
    ))
}

fn matches(password: &str, kept: &str, memory: &mut Memory) -> bool {
    let parsed = PasswordHash::new(kept).ok();
    parsed
        .and_then(|parsed| is_of(password, &parsed, memory))
        .unwrap_or(false)
}

/// `None` for a hash of another kind.
fn is_of(password: &str, kept: &PasswordHash, memory: &mut Memory) -> Option<bool> {
    let (salt, expected) = (kept.salt?, kept.hash?);
    let algorithm = Algorithm::try_from(kept.algorithm.as_str()).ok()?;
    let version = Version::try_from(kept.version?).ok()?;
    let params = Params::try_from(kept).ok()?;
    let mut hash = vec![0; expected.len()];
    let blocks = memory.blocks(&params);
    let argon2 = Argon2::new(algorithm, version, params);
    let hashed = argon2.hash_password_into_with_memory(password.as_bytes(), &salt, &mut hash, blocks);
    hashed.ok()?;
    // Equality of these takes the same time wherever they differ.
    Some(Output::new(&hash).ok()? == expected)
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
        let kept = hash("x", &mut Memory::default()).unwrap();
        let cost = |phc: &str| {
            PasswordHash::new(phc)
                .map(|parsed| (parsed.algorithm, parsed.params))
                .unwrap()
        };
        assert_eq!(cost(NOBODY), cost(&kept));
        assert_eq!(NOBODY.len(), kept.len());
    }

    #[test]
    fn one_memory_serves_hash_after_hash_and_grows_no_further() {
        let mut memory = Memory::default();
        let kept = hash("first", &mut memory).unwrap();
        let (address, size) = (memory.0.as_ptr(), memory.0.capacity());
        hash("second", &mut memory).unwrap();
        assert!(matches("first", &kept, &mut memory) && !matches("second", &kept, &mut memory));
        assert_eq!((memory.0.as_ptr(), memory.0.capacity()), (address, size));
        assert_eq!(size, 19 * 1024);
    }

    #[test]
    fn what_others_have_hashed_is_verified_as_they_mean_it() {
        use argon2::password_hash::PasswordHasher;
        let params = Params::new(1024, 3, 2, Some(24)).unwrap();
        let theirs = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let kept: PasswordHash = theirs.hash_password_with_salt(b"x", b"saltsaltsalt").unwrap();
        let mut memory = Memory::default();
        assert!(matches("x", &kept.to_string(), &mut memory));
        assert!(!matches("y", &kept.to_string(), &mut memory));
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

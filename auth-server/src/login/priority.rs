//! How a thread gives way to all others of this machine.

use std::sync::Once;

use rustix::process::setpriority_process;
use rustix::thread::gettid;
use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy};
use thread_priority::{set_thread_priority_and_policy, thread_native_id};

/// Of a thread that gets the processor when nobody else wants it.
const LAST: i32 = 19;

/// From now on this thread works when no other has anything to do. SCHED_IDLE, because whoever wakes up takes the processor
/// from such a thread at once, and from one that is only nice after milliseconds. Where neither is allowed it is said once.
pub(super) fn give_way() {
    static TOLD: Once = Once::new();
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle).is_ok() {
        return;
    }
    if let Err(error) = setpriority_process(Some(gettid()), LAST) {
        TOLD.call_once(|| tracing::warn!(%error, "passwords are hashed before tokens are signed"));
    }
}

#[cfg(test)]
mod tests {
    use thread_priority::thread_schedule_policy;

    use super::*;

    #[test]
    fn a_thread_that_gives_way_is_idle_and_the_others_are_not() {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let gave_way = std::thread::spawn(|| {
            give_way();
            thread_schedule_policy().ok()
        });
        assert_eq!(gave_way.join().unwrap(), Some(idle));
        assert_ne!(thread_schedule_policy().ok(), Some(idle));
    }
}

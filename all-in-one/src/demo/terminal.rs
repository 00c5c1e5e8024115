//! The terminal key by key: unechoed while the demo runs, and as it was before when it ends, also by a panic.

use std::io::{IsTerminal, Read};

use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use rustix::termios::{tcgetattr, tcgetpgrp, tcsetattr};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// What is typed faster than it is done waits.
const TYPED_AHEAD: usize = 64;

pub(super) struct Terminal {
    before: Termios,
    keys: Receiver<u8>,
}

impl Terminal {
    /// `None` where standard input is no terminal, or another program's at this moment.
    pub(super) fn open() -> Option<Self> {
        let stdin = std::io::stdin();
        // Whoever changes a terminal from behind is stopped by it.
        let is_behind = tcgetpgrp(&stdin).is_ok_and(|group| group != getpgrp());
        if !stdin.is_terminal() || is_behind {
            return None;
        }
        let before = tcgetattr(&stdin).ok()?;
        let mut key_by_key = before.clone();
        // Signals stay, so that Ctrl-C ends the demo as ever.
        key_by_key.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        key_by_key.special_codes[SpecialCodeIndex::VMIN] = 1;
        key_by_key.special_codes[SpecialCodeIndex::VTIME] = 0;
        restore_after_panic(before.clone());
        tcsetattr(&stdin, OptionalActions::Now, &key_by_key).ok()?;
        let (typed, keys) = channel(TYPED_AHEAD);
        std::thread::spawn(move || read(&typed));
        Some(Self { before, keys })
    }

    /// The next key; waits for ever once the terminal is gone.
    pub(super) async fn key(&mut self) -> u8 {
        match self.keys.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore(&self.before);
    }
}

fn restore(before: &Termios) {
    let _gone = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
}

fn restore_after_panic(before: Termios) {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore(&before);
        told(panic);
    }));
}

/// In a thread of its own, which ends with the process: a read of a terminal cannot be called back.
fn read(typed: &Sender<u8>) {
    for key in std::io::stdin().lock().bytes() {
        let Ok(key) = key else { return };
        if typed.blocking_send(key).is_err() {
            return;
        }
    }
}

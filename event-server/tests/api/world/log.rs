//! What the server writes into its security log.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

static LOG: OnceLock<Log> = OnceLock::new();

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// From now on, for all tests of this program.
pub(crate) fn keep() {
    LOG.get_or_init(|| {
        let log = Log::default();
        let filter = tracing_subscriber::EnvFilter::new("off,security=info");
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(log.clone())
            .init();
        log
    });
}

/// Waits for a line that has all these parts.
pub(crate) async fn until(parts: &[&str]) -> String {
    super::eventually(|| async {
        let log = LOG.get().unwrap();
        let kept = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8_lossy(&kept).into_owned();
        let line = text
            .lines()
            .find(|line| parts.iter().all(|part| line.contains(part)));
        line.map(str::to_owned)
    })
    .await
}

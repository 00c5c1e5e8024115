//! Seeing the controller run: a page and JSON for the people at the panel, and figures for Prometheus.
//!
//! Nothing here is asked of the panel or changes it: all is read from what the control loop and the link leave behind.

mod document;
mod figures;
mod http;
mod page;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;

use foundation::Clock;
use foundation::telemetry::Telemetry;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::LocalListen;
use crate::control_loop::Handles;
use crate::ocpp::LinkWatch;
use crate::store::Store;

/// Everything that is shown; clones see the same controller.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) panel: String,
    pub(crate) station: String,
    pub(crate) handles: Handles,
    pub(crate) link: LinkWatch,
    pub(crate) store: Store,
    pub(crate) data_dir: PathBuf,
    pub(crate) telemetry: Telemetry,
    pub(crate) clock: Clock,
    /// When the program started, on `clock`.
    pub(crate) started_ms: u64,
}

type Routes = fn(&mut actix_web::web::ServiceConfig);

/// Where the page and the figures can be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Addresses {
    pub status: Option<SocketAddr>,
    pub metrics: Option<SocketAddr>,
}

/// Serves what is configured until told to stop. What cannot be shown keeps nobody from charging: it is an error in the
/// log, and the controller goes on.
pub(crate) fn serve(
    (status, metrics): (Option<LocalListen>, Option<LocalListen>),
    sources: &Sources,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Addresses {
    let open = |listen: Option<LocalListen>, what: &'static str, routes: Routes| {
        let listen = listen?;
        match http::serve(listen, sources, routes, (stop, tasks)) {
            Ok(address) => {
                tracing::info!(%address, "{what} can be read");
                Some(address)
            }
            Err(error) => {
                tracing::error!(address = %listen.listen, %error, "{what} cannot be read");
                None
            }
        }
    };
    Addresses {
        status: open(status, "the status page", http::page_routes),
        metrics: open(metrics, "the figures for Prometheus", http::figure_routes),
    }
}

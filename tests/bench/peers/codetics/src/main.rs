//! The CSMS of the crate codetics-ocpp-service as a peer: says {"port", "api"} once it listens. Its settings come from the
//! environment, as the crate reads them; its database is the PostgreSQL one that DATABASE_URL names.

use ocpp_service::{Listeners, build_state, config::Config, db, serve};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::from_env()?;
    let database = db::connect(&config.database_url, config.database_max_connections).await?;
    db::migrate(&database).await?;
    let ocpp = TcpListener::bind("127.0.0.1:0").await?;
    let api = TcpListener::bind("127.0.0.1:0").await?;
    let said = serde_json::json!({"port": ocpp.local_addr()?.port(), "api": api.local_addr()?.port()});
    println!("{said}");
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let app = build_state(config, database, stopped);
    let listeners = Listeners {
        ocpp: Some(ocpp),
        ocpp_tls: None,
        api,
    };
    // Until it is killed.
    Ok(serve(app, listeners, std::future::pending()).await?)
}

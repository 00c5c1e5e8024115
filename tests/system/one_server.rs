//! One event-server at a time works with a SQLite database; commands work beside it.

use auth_server::admin::list_clients;
use foundation::db::DatabaseUrl;
use system_tests::world::{Options, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_on_the_same_database_is_refused_and_changes_nothing() {
    let world = World::start(Options::default()).await;
    world.until_online(true).await;
    let database = world.folder.join("events.db");
    let second = event_server::Config::local(DatabaseUrl::sqlite(&database), world.issuer());
    let refused = event_server::start(second, world.clock.clone()).await;
    let expected = format!(
        "{}: another event-server works with it; several need PostgreSQL and [nodes]",
        database.display()
    );
    assert_eq!(refused.unwrap_err().to_string(), expected);
    assert!(!list_clients(world.auth_config()).await.unwrap().is_empty());
    assert_eq!(world.outlet(1).await["state"], "available");
    let told = world.events().await;
    assert!(told.iter().all(|event| event["type"] != "controller.offline"));
    world.finish().await;
}

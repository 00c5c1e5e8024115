//! A served endpoint on a database of its own, with panels in it.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use actix_web::{App, HttpServer};
use api_spec::rest::{CommandAccepted, CommandKind, LimitsAsked, NewSession, SessionAccepted, WhenIdle};
use diesel::prelude::*;
use foundation::db::DatabaseUrl;
use foundation::{Clock, Conn, DbError, on, secrets::SecretHash};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::station::{PASSWORD, Station};
use crate::context::{Context, Tx};
use crate::error::Refusal;
use crate::ocpp::{Endpoint, Stations, configure};
use crate::operations::{fleet, start_session, stop_session};
use crate::store::{self, commands, controllers, outlet_current, outlets, schema, sessions, sites};

pub(super) const TENANT: &str = "ten_1";
/// A condition that has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct World {
    pub(super) context: Context,
    pub(super) stations: Stations,
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    folder: PathBuf,
}

impl World {
    /// With one panel of two outlets: station `st_1`, outlets `out_1_1` and `out_1_2`.
    pub(super) async fn start() -> Self {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-ocpp-test"));
        std::fs::create_dir_all(&folder).unwrap();
        let db = store::open(&DatabaseUrl::sqlite(folder.join("event.db"))).unwrap();
        let context = Context::new(db, Clock::system());
        let (stations, stop) = (Stations::default(), CancellationToken::new());
        let endpoint = Endpoint::new(
            context.clone(),
            stations.clone(),
            stop.clone(),
            TaskTracker::new(),
        );
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let app = move || App::new().configure(|config| configure(config, endpoint.clone()));
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .listen(socket)
            .unwrap()
            .run();
        tokio::spawn(server);
        let world = Self {
            context,
            stations,
            address,
            stop,
            folder,
        };
        world.write(|tx| insert_site(tx.conn)).await;
        world.add_panel(1).await;
        world
    }

    pub(super) async fn add_panel(&self, panel: usize) {
        self.write(move |tx| insert_panel(tx.conn, panel)).await;
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.context.transact(body).await.unwrap()
    }

    async fn read<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.context.db.read(body).await.unwrap()
    }

    /// Waits until what `look` sees in the database satisfies `good`.
    pub(super) async fn until<T, L>(&self, look: L, good: impl Fn(&T) -> bool) -> T
    where
        T: std::fmt::Debug + Send + 'static,
        L: Fn(&mut Conn) -> Result<T, DbError> + Clone + Send + 'static,
    {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let seen = self.read(look.clone()).await;
            if good(&seen) {
                return seen;
            }
            assert!(tokio::time::Instant::now() < deadline, "still {seen:?}");
            tokio::task::yield_now().await;
        }
    }

    /// A station that is connected and let in, and that the database shows online.
    pub(super) async fn booted(&self, station_id: &str) -> Station {
        self.booted_as(station_id, "V").await
    }

    /// One of our own controllers.
    pub(super) async fn booted_ours(&self, station_id: &str) -> Station {
        self.booted_as(station_id, "Denro").await
    }

    async fn booted_as(&self, station_id: &str, vendor: &str) -> Station {
        let mut station = Station::connect(self.address, station_id, PASSWORD, "ocpp2.1")
            .await
            .unwrap();
        let answer = station.boot_as(vendor).await;
        assert_eq!(answer["status"], "Accepted");
        let id = station_id.to_owned();
        self.until(
            move |conn| Ok(controllers::find_by_station(conn, &id)?.is_some_and(|c| c.online)),
            |online| *online,
        )
        .await;
        station
    }

    pub(super) async fn start_session(&self, outlet_id: &str) -> SessionAccepted {
        let asked = NewSession {
            outlet_id: outlet_id.to_owned(),
            driver_id: "driver-7".to_owned(),
            limits: LimitsAsked {
                duration_s: Some(3600),
                energy_wh: Some(5000),
                when_idle: Some(WhenIdle::End),
                ..LimitsAsked::default()
            },
            presence_code: None,
        };
        self.ask_for(asked).await
    }

    /// With a limit of money, at a price of 31 yen for a kilowatt-hour.
    pub(super) async fn start_session_for_yen(&self, outlet_id: &str, cost_yen: i64) -> SessionAccepted {
        let asked = NewSession {
            outlet_id: outlet_id.to_owned(),
            driver_id: "driver-7".to_owned(),
            limits: LimitsAsked {
                cost_yen: Some(cost_yen),
                ..LimitsAsked::default()
            },
            presence_code: None,
        };
        self.ask_for(asked).await
    }

    async fn ask_for(&self, asked: NewSession) -> SessionAccepted {
        let started = self
            .context
            .transact(move |tx| start_session::start_session(tx, TENANT, &asked));
        started.await.unwrap()
    }

    /// Of the first panel's controller.
    pub(super) async fn ask_controller(&self, kind: CommandKind, parameters: Value) -> CommandAccepted {
        let asked =
            move |tx: &mut Tx<'_>| fleet::command_controller(tx, (TENANT, "ctl_1"), kind, &parameters);
        self.context.transact(asked).await.unwrap()
    }

    pub(super) async fn stop_session(&self, session_id: &str) -> Result<SessionAccepted, Refusal> {
        let id = session_id.to_owned();
        self.context
            .transact(move |tx| stop_session::stop_session(tx, TENANT, &id))
            .await
    }

    pub(super) async fn session(&self, id: &str) -> sessions::Session {
        let id = id.to_owned();
        self.read(move |conn| sessions::find(conn, &id)).await.unwrap()
    }

    pub(super) async fn sessions(&self) -> Vec<sessions::Session> {
        let listed = self.read(|conn| sessions::list(conn, TENANT, &sessions::Filter::default(), 1000));
        listed.await.into_iter().map(|(session, _)| session).collect()
    }

    pub(super) async fn command_until(&self, id: &str, state: &'static str) -> commands::Command {
        let id = id.to_owned();
        let found = self.until(
            move |conn| commands::find(conn, &id),
            |command| command.as_ref().is_some_and(|command| command.state == state),
        );
        found.await.unwrap()
    }

    pub(super) async fn current(&self, outlet_id: &str) -> outlet_current::OutletCurrent {
        let id = outlet_id.to_owned();
        self.read(move |conn| {
            let known = outlets::find_known(conn, TENANT, &id)?;
            Ok(known.unwrap().1)
        })
        .await
    }

    /// The bodies of all events of a type, in order.
    pub(super) async fn events(&self, kind: &'static str) -> Vec<Value> {
        let which = store::events::Which {
            tenant_id: TENANT.into(),
            types: vec![kind.to_owned()],
            outlet_id: None,
        };
        let rows = self.read(move |conn| store::events::list(conn, &which, (0, i64::MAX), 10_000));
        rows.await
            .iter()
            .map(|row| serde_json::from_str(&row.body).unwrap())
            .collect()
    }

    pub(super) async fn count_readings(&self) -> i64 {
        let samples = schema::readings::table.filter(schema::readings::register_wh.is_not_null());
        self.read(move |conn| Ok(on!(conn, |c| samples.count().get_result(c))?))
            .await
    }

    /// Each movement of a register: whose it is, and how much.
    pub(super) async fn movements(&self) -> Vec<(i64, i64)> {
        let rows = self.read(|conn| store::readings::list_between(conn, (0, i64::MAX), 10_000));
        let kept = rows.await.into_iter().map(store::readings::Reading::kept);
        kept.filter_map(|kept| Some((kept.account?, kept.moved_wh?)))
            .collect()
    }

    /// Gives the site a tariff, or a new version of it, that holds from now on.
    pub(super) async fn set_tariff(&self, terms: Value) {
        self.write(move |tx| {
            let tariff = store::tariffs::Tariff {
                id: "tar_1".into(),
                tenant_id: TENANT.into(),
                name: "T".into(),
                created_at: 0,
                updated_at: 0,
            };
            let version = store::tariffs::TariffVersion {
                id: foundation::ids::id("tve"),
                tariff_id: "tar_1".into(),
                valid_from: tx.now_us,
                terms: terms.to_string(),
                created_at: 0,
            };
            let mut site = sites::find(tx.conn, TENANT, "site_1")?.unwrap();
            if site.tariff_id.is_none() {
                store::tariffs::insert(tx.conn, &tariff)?;
            }
            store::tariffs::insert_version(tx.conn, &version)?;
            let before = site.updated_at;
            site.tariff_id = Some("tar_1".into());
            site.updated_at = tx.now_us;
            sites::update(tx.conn, &site, before).map(|_| ())
        })
        .await;
    }

    pub(super) async fn is_online(&self, station_id: &str) -> bool {
        let id = station_id.to_owned();
        let found = self
            .read(move |conn| controllers::find_by_station(conn, &id))
            .await;
        found.unwrap().online
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
        let _left_behind = std::fs::remove_dir_all(&self.folder);
    }
}

fn insert_site(conn: &mut Conn) -> Result<(), DbError> {
    let site = sites::Site {
        id: "site_1".into(),
        tenant_id: TENANT.into(),
        name: "Maison".into(),
        address: None,
        zone: "Asia/Tokyo".into(),
        energy_yen_per_kwh: Some(31),
        postal_address: None,
        latitude_udeg: None,
        longitude_udeg: None,
        contracted_demand_w: None,
        tariff_id: None,
        drivers: "open".into(),
        created_at: 0,
        updated_at: 0,
        presence: "none".into(),
    };
    sites::insert(conn, &site)
}

fn insert_panel(conn: &mut Conn, panel: usize) -> Result<(), DbError> {
    let controller = controllers::Controller {
        id: format!("ctl_{panel}"),
        tenant_id: TENANT.into(),
        site_id: "site_1".into(),
        station_id: format!("st_{panel}"),
        name: format!("Panel {panel}"),
        password_hash: SecretHash::of(PASSWORD).to_text(),
        ocpp_version: None,
        vendor: None,
        model: None,
        firmware: None,
        online: false,
        online_changed_at: None,
        booted_at: None,
        created_at: 0,
        updated_at: 0,
        security_profile: 2,
        certificate_ends_at: None,
        clock_ahead_ms: None,
    };
    controllers::insert(conn, &controller)?;
    for number in 1..=2 {
        let outlet = outlets::NewOutlet {
            id: format!("out_{panel}_{number}"),
            tenant_id: TENANT.into(),
            site_id: "site_1".into(),
            controller_id: controller.id.clone(),
            number,
            name: format!("Bay {number}"),
            public_code: foundation::ids::public_code(),
            rated_ma: 20_000,
            max_power_w: 4800,
            rise_threshold_ma: (number == 2).then_some(15_000),
            circuit_id: None,
            rated_mv: 200_000,
            meter_class: None,
            meter_valid_until: None,
            unit: None,
            created_at: 0,
            updated_at: 0,
        };
        outlets::insert(conn, &outlet)?;
    }
    Ok(())
}

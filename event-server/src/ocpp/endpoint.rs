//! Where stations connect: who they are is settled before anything they send is read.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::http::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::ocpp::Version;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foundation::DbError;
use foundation::secrets::SecretHash;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{self, Connection, Ways};
use super::failures::Failures;
use super::stations::Stations;
use super::websocket::{PROTOCOL_ERROR, subprotocols, upgrade};
use crate::context::Context;
use crate::operations::connect_station::{Expected, find_station};

/// What connections are made with. A cheap handle; clones share everything.
#[derive(Clone)]
pub(crate) struct Endpoint {
    context: Context,
    stations: Stations,
    failures: Failures,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Endpoint {
    /// Connections end when `stop` is cancelled; `tasks` waits for them.
    pub(crate) fn new(
        context: Context,
        stations: Stations,
        stop: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        Self {
            context,
            stations,
            failures: Failures::default(),
            stop,
            tasks,
        }
    }

    /// The station whose password was shown.
    async fn authenticate(&self, request: &HttpRequest) -> Result<Option<Expected>, DbError> {
        let Some((user, password)) = credentials(request.headers()) else {
            return Ok(None);
        };
        if request.match_info().get("station_id") != Some(user.as_str()) {
            return Ok(None);
        }
        let expected = self
            .context
            .db
            .read(move |conn| find_station(conn, &user))
            .await?;
        // An unknown station takes as long as a wrong password.
        let nobody = SecretHash::of("");
        let hash = expected.as_ref().and_then(|expected| expected.password);
        let matches = hash.unwrap_or(nobody).matches(&password);
        Ok(expected.filter(|_| matches && hash.is_some()))
    }

    fn refuse(&self, source: IpAddr) -> HttpResponse {
        if self.failures.too_many(source) {
            return too_many();
        }
        tracing::warn!(target: "security", %source, "a station showed no valid credentials");
        HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, "Basic realm=\"ocpp\""))
            .finish()
    }
}

/// Serves `/ocpp/{station_id}`.
pub(crate) fn configure(config: &mut web::ServiceConfig, endpoint: Endpoint) {
    config
        .app_data(web::Data::new(endpoint))
        .route("/ocpp/{station_id}", web::get().to(connect));
}

async fn connect(
    endpoint: web::Data<Endpoint>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let source = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    if endpoint.failures.is_refused(source) {
        return Ok(too_many());
    }
    let expected = match endpoint.authenticate(&request).await {
        Ok(Some(expected)) => expected,
        Ok(None) => return Ok(endpoint.refuse(source)),
        Err(error) => {
            tracing::error!(%error, "a station cannot be looked up");
            return Ok(HttpResponse::ServiceUnavailable().finish());
        }
    };
    let version = subprotocols(request.headers()).find_map(Version::from_subprotocol);
    let (response, reader, writer) = upgrade(&request, payload, version.map(Version::subprotocol))?;
    let ways = Ways { reader, writer };
    let tasks = &endpoint.tasks;
    let Some(version) = version else {
        // OCPP-J §3.1.2: the handshake is completed without a subprotocol, and the connection closed.
        let refusal = ways.close(PROTOCOL_ERROR, "no common subprotocol");
        actix_web::rt::spawn(tasks.track_future(refusal));
        return Ok(response);
    };
    let place = endpoint
        .stations
        .enter(&expected.station.controller_id, &endpoint.stop);
    let connection = Connection::new(
        endpoint.context.clone(),
        endpoint.stations.clone(),
        version,
        expected,
    );
    let run = connection::run(connection, ways, place, endpoint.stop.clone());
    actix_web::rt::spawn(tasks.track_future(run));
    Ok(response)
}

fn too_many() -> HttpResponse {
    HttpResponse::TooManyRequests()
        .insert_header((RETRY_AFTER, "60"))
        .finish()
}

/// User and password of HTTP Basic authentication.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    if decoded.chars().any(char::is_control) {
        return None;
    }
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn credentials_are_read_from_basic_authentication_alone() {
        let read = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            credentials(&headers)
        };
        let expected = Some(("station".to_owned(), "pass:word".to_owned()));
        assert_eq!(read("Basic c3RhdGlvbjpwYXNzOndvcmQ="), expected);
        assert_eq!(read("basic c3RhdGlvbjpwYXNzOndvcmQ="), expected);
        for wrong in [
            "Bearer c3RhdGlvbjpwYXNzOndvcmQ=",
            "Basic",
            "Basic !",
            "Basic c3RhdGlvbg==",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}

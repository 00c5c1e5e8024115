//! Where stations connect: who they are is settled before anything they send is read.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::http::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::ocpp::Version;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foundation::DbError;
use foundation::client_certificate::ClientCertificate;
use foundation::secrets::SecretHash;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::connection::{self, Connection, Ways};
use super::failures::Failures;
use super::identity::Identities;
use super::stations::Stations;
use super::websocket::{PROTOCOL_ERROR, subprotocols, upgrade};
use crate::context::Context;
use crate::operations::connect_station::{Expected, find_station};

/// What connections are made with. A cheap handle; clones share everything.
#[derive(Clone)]
pub(crate) struct Endpoint {
    context: Context,
    stations: Stations,
    /// `None`: no station comes with a certificate.
    identities: Option<Identities>,
    failures: Failures,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A station that is let in.
struct LetIn {
    expected: Expected,
    /// The number of the certificate that it has shown, if it has shown one.
    certificate: Option<String>,
}

/// Who it is, or why it is not let in.
type Known = Result<LetIn, &'static str>;

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
            identities: None,
            failures: Failures::default(),
            stop,
            tasks,
        }
    }

    /// Lets stations in that come with a certificate.
    pub(crate) fn with_identities(self, identities: Option<Identities>) -> Self {
        Self { identities, ..self }
    }

    /// A certificate decides alone: whoever shows one is asked for no password.
    async fn authenticate(&self, request: &HttpRequest) -> Result<Known, DbError> {
        let station_id = request.match_info().get("station_id").unwrap_or_default();
        match ClientCertificate::of(request) {
            Some(certificate) => self.by_certificate(station_id, certificate).await,
            None => self.by_password(station_id, request.headers()).await,
        }
    }

    async fn by_certificate(
        &self,
        station_id: &str,
        certificate: &ClientCertificate,
    ) -> Result<Known, DbError> {
        let Some(identities) = &self.identities else {
            return Ok(Err("certificates are not taken here"));
        };
        let refused = |problem| Ok(Err(problem));
        let identity = match identities.of(certificate, self.context.clock.now()) {
            Ok(identity) => identity,
            Err(problem) => return refused(problem),
        };
        if identity.uri.station_id() != station_id {
            return refused("its certificate is of another station");
        }
        let Some(mut expected) = self.find(station_id).await? else {
            return refused("no such station is known");
        };
        if expected.site_id != identity.uri.site_id() {
            return refused("its certificate is for another site");
        }
        expected.station.certificate_ends_at = Some(identity.ends_at.as_microsecond());
        Ok(Ok(LetIn {
            expected,
            certificate: Some(identity.serial),
        }))
    }

    async fn by_password(&self, station_id: &str, headers: &HeaderMap) -> Result<Known, DbError> {
        let Some((user, password)) = credentials(headers) else {
            return Ok(Err("no password was shown"));
        };
        if user != station_id {
            return Ok(Err("the user is not the station of the path"));
        }
        let expected = self.find(station_id).await?;
        // An unknown station takes as long as a wrong password.
        let nobody = SecretHash::of("");
        let hash = expected.as_ref().and_then(|expected| expected.password);
        let matches = hash.unwrap_or(nobody).matches(&password);
        let certificate = None;
        Ok(match expected {
            None => Err("no such station is known"),
            Some(_) if hash.is_none() => Err("it has to show a certificate"),
            Some(_) if !matches => Err("its password is wrong"),
            Some(expected) => Ok(LetIn {
                expected,
                certificate,
            }),
        })
    }

    async fn find(&self, station_id: &str) -> Result<Option<Expected>, DbError> {
        let id = station_id.to_owned();
        self.context.db.read(move |conn| find_station(conn, &id)).await
    }

    fn refuse(&self, (source, station_id): (IpAddr, &str), problem: &str) -> HttpResponse {
        self.context.metrics.stations_refused.add(["credentials"]);
        if self.failures.too_many(source) {
            return too_many();
        }
        tracing::warn!(target: "security", %source, station_id, problem, "a station is not let in");
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
        endpoint
            .context
            .metrics
            .stations_refused
            .add(["too_many_failures"]);
        return Ok(too_many());
    }
    let LetIn {
        expected,
        certificate,
    } = match endpoint.authenticate(&request).await {
        Ok(Ok(let_in)) => let_in,
        Ok(Err(problem)) => {
            let station_id = request.match_info().get("station_id").unwrap_or_default();
            return Ok(endpoint.refuse((source, station_id), problem));
        }
        Err(error) => {
            tracing::error!(%error, "a station cannot be looked up");
            return Ok(HttpResponse::ServiceUnavailable()
                .insert_header((RETRY_AFTER, "1"))
                .finish());
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
        .enter(&expected.station.controller_id, certificate, &endpoint.stop);
    let belongings = (
        endpoint.context.clone(),
        endpoint.stations.clone(),
        endpoint.stop.clone(),
    );
    let connection = Connection::new(belongings, version, expected);
    let span = tracing::info_span!("station", station_id = request.match_info().get("station_id"));
    let run = connection::run(connection, ways, place).instrument(span);
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

//! The listener for stations with a certificate: whom TLS does not let in, and why, is told in the log.

use std::any::Any;
use std::convert::Infallible;
use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::sync::Arc;

use actix_http::body::MessageBody;
use actix_http::{Extensions, HttpService, Protocol, Request, Response};
use actix_server::{Server, ServerBuilder};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, map_config,
};
use actix_tls::accept::TlsError;
use actix_tls::accept::rustls_0_23::{Acceptor, AcceptorService, TlsStream};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use foundation::client_certificate::ClientCertificate;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use rustls::ServerConfig;

use super::server::{KEEP_ALIVE, REQUEST_TIMEOUT};

/// Whoever knocks all day long does not fill the disk.
const LINES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();

/// Serves `app` to whom TLS lets in.
pub(super) fn serve<F, I, S, B>(
    server: ServerBuilder,
    (socket, mut tls): (TcpListener, ServerConfig),
    app: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let limit = Arc::new(RateLimiter::direct(Quota::per_minute(LINES_PER_MINUTE)));
    let server = server.listen("stations", socket, move || {
        let service = app()
            .into_factory()
            .map_err(|error| error.into().error_response());
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(REQUEST_TIMEOUT)
            .tcp_nodelay(true)
            .on_connect_ext(|stream: &TlsStream<TcpStream>, data: &mut Extensions| {
                ClientCertificate::keep(stream as &dyn Any, data);
            })
            .finish(map_config(service, |_| AppConfig::default()));
        let limit = Arc::clone(&limit);
        let shake = move |stream: TcpStream, acceptor: &AcceptorService| {
            let (peer, limit) = (stream.peer_addr().ok(), Arc::clone(&limit));
            let shaking = acceptor.call(stream);
            async move {
                let shaken = shaking.await.inspect_err(|error| tell(peer, error, &limit));
                shaken.map(|stream| (stream, Protocol::Http1, peer))
            }
        };
        apply_fn_factory::<_, _, _, _, _, TcpStream, _, _>(Acceptor::new(tls.clone()), shake)
            .map_err(TlsError::into_service_error)
            .and_then(http.map_err(TlsError::Service))
    })?;
    Ok(server.run())
}

fn tell(peer: Option<SocketAddr>, error: &TlsError<io::Error, Infallible>, limit: &DefaultDirectRateLimiter) {
    if limit.check().is_err() {
        return;
    }
    let peer = peer.map(|peer| peer.to_string()).unwrap_or_default();
    let problem = match error {
        TlsError::Timeout => "no handshake in time".to_owned(),
        TlsError::Tls(error) => error.to_string(),
        TlsError::Service(never) => match *never {},
    };
    tracing::warn!(target: "security", peer, problem, "a station is not let in: TLS");
}

//! A webhook receiver that prints what arrives, as an app backend would see it.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use api_spec::rest::Time;
use serde_json::Value;

use crate::developer::line::line;

pub(super) struct Tail {
    address: SocketAddr,
    server: ServerHandle,
    from: Arc<OnceLock<String>>,
}

#[derive(Clone)]
struct Printer {
    prints: bool,
    /// What was told before is not printed; nothing, as long as this is not known.
    from: Arc<OnceLock<String>>,
    names: HashMap<String, String>,
}

impl Tail {
    /// Listens on loopback; prints only where `prints`.
    pub(super) fn start(prints: bool, names: HashMap<String, String>) -> std::io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let from = Arc::<OnceLock<String>>::default();
        let printer = web::Data::new(Printer {
            prints,
            from: from.clone(),
            names,
        });
        let app = move || {
            App::new()
                .app_data(printer.clone())
                .default_service(web::post().to(receive))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .listen(socket)?
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self {
            address,
            server: handle,
            from,
        })
    }

    /// Prints what happens from now on.
    pub(super) fn print_from(&self, now_us: i64) {
        let _told_once = self.from.set(Time(now_us).to_string());
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(super) async fn stop(self) {
        self.server.stop(false).await;
    }
}

async fn receive(printer: web::Data<Printer>, event: web::Json<Value>) -> HttpResponse {
    if printer.prints && printer.is_new(&event) {
        printer.print(&event);
    }
    HttpResponse::NoContent().finish()
}

impl Printer {
    fn is_new(&self, event: &Value) -> bool {
        let at = event.get("timestamp").and_then(Value::as_str);
        self.from.get().is_some_and(|from| at >= Some(from.as_str()))
    }

    #[expect(clippy::print_stdout, reason = "the tail is the demo's output")]
    fn print(&self, event: &Value) {
        println!("  {}", line(event, &self.names));
    }
}

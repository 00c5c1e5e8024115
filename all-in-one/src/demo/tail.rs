//! A webhook receiver that prints what arrives, as an app backend would see it.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::Value;

pub(super) struct Tail {
    address: SocketAddr,
    server: ServerHandle,
}

#[derive(Clone)]
struct Printer {
    prints: bool,
    names: HashMap<String, String>,
}

impl Tail {
    /// Listens on loopback; prints only where `prints`.
    pub(super) fn start(prints: bool, names: HashMap<String, String>) -> std::io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let printer = web::Data::new(Printer { prints, names });
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
        })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(super) async fn stop(self) {
        self.server.stop(false).await;
    }
}

async fn receive(printer: web::Data<Printer>, event: web::Json<Value>) -> HttpResponse {
    if printer.prints {
        printer.print(&event);
    }
    HttpResponse::NoContent().finish()
}

impl Printer {
    #[expect(clippy::print_stdout, reason = "the tail is the demo's output")]
    fn print(&self, event: &Value) {
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        let outlet = self.names.get(text("outlet_id")).map_or("", String::as_str);
        let time = text("timestamp").get(11..19).unwrap_or_default();
        println!("  {time}  {outlet:<4} {:<24} {}", text("type"), summary(event));
    }
}

/// The figures of an event that a person looks for.
fn summary(event: &Value) -> String {
    const FIGURES: [(&str, &str); 10] = [
        ("/data/breaker", ""),
        ("/data/current_ma", " mA"),
        ("/data/power_w", " W"),
        ("/data/register_wh", " Wh register"),
        ("/data/fault", ""),
        ("/data/kind", ""),
        ("/data/command/kind", ""),
        ("/data/command/state", ""),
        ("/data/session/energy_wh", " Wh"),
        ("/data/session/ended_reason", ""),
    ];
    let figures = FIGURES
        .iter()
        .filter_map(|(pointer, unit)| match event.pointer(pointer)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(figure) => Some(format!("{figure}{unit}")),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        });
    figures.collect::<Vec<_>>().join(" · ")
}

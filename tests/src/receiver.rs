//! A webhook receiver: keeps every delivery as it came, and answers as it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;
use tokio::sync::watch;

use crate::proxy::Proxy;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    pub arrived: Instant,
    /// What it was answered with.
    pub status: u16,
}

impl Delivery {
    /// The header `webhook-id`.
    pub fn id(&self) -> &str {
        self.headers.get("webhook-id").map_or("", String::as_str)
    }

    /// The event in it.
    pub fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A running receiver. Reached through a proxy, so that it can be down.
#[derive(Clone, Debug)]
pub struct Receiver {
    kept: Arc<Kept>,
    line: Proxy,
}

#[derive(Debug)]
struct Kept {
    deliveries: Mutex<Vec<Delivery>>,
    count: watch::Sender<usize>,
    status: AtomicU16,
    delay: Mutex<Duration>,
}

impl Receiver {
    /// Starts one that answers 204.
    pub async fn start() -> Self {
        let kept = Arc::new(Kept {
            deliveries: Mutex::default(),
            count: watch::Sender::new(0),
            status: AtomicU16::new(204),
            delay: Mutex::default(),
        });
        let address = serve(Arc::clone(&kept));
        Self {
            kept,
            line: Proxy::start(address).await,
        }
    }

    /// Where events are to be sent.
    pub fn url(&self) -> String {
        format!("http://{}/events", self.line.address())
    }

    /// Answers with this status from now on.
    pub fn answer(&self, status: u16) {
        self.kept.status.store(status, SeqCst);
    }

    /// Thinks so long before it answers.
    pub fn answer_after(&self, delay: Duration) {
        *self.kept.delay.lock().unwrap() = delay;
    }

    /// Nobody answers any more.
    pub fn go_down(&self) {
        self.line.cut();
    }

    /// Somebody answers again.
    pub fn come_up(&self) {
        self.line.restore();
    }

    /// Everything that came, refused or not, in the order of arrival.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.kept.deliveries.lock().unwrap().clone()
    }

    /// Returns what `look` finds among the deliveries, as soon as it finds something.
    ///
    /// # Panics
    /// After `deadline` without.
    pub async fn until<T>(
        &self,
        what: &str,
        deadline: Duration,
        look: impl Fn(&[Delivery]) -> Option<T>,
    ) -> T {
        let mut count = self.kept.count.subscribe();
        let found = tokio::time::timeout(deadline, async {
            loop {
                count.borrow_and_update();
                if let Some(found) = look(&self.kept.deliveries.lock().unwrap()) {
                    return found;
                }
                count.changed().await.unwrap();
            }
        });
        let Ok(found) = found.await else {
            panic!(
                "no delivery in {deadline:?}: {what}; there are {:#?}",
                self.kinds()
            );
        };
        found
    }

    fn kinds(&self) -> Vec<String> {
        let kind = |d: &Delivery| format!("{} {} {}", d.status, d.id(), d.event()["type"]);
        self.deliveries().iter().map(kind).collect()
    }
}

/// Checks what a receiver may rely on: per outlet no gap, first deliveries in order, repeats byte for byte the same.
///
/// # Panics
/// If something else was delivered.
pub fn in_order(deliveries: &[Delivery]) {
    let mut bodies: BTreeMap<&str, &[u8]> = BTreeMap::new();
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for delivery in deliveries {
        if let Some(first) = bodies.insert(delivery.id(), &delivery.body) {
            assert_eq!(first, delivery.body, "{} was repeated otherwise", delivery.id());
            continue;
        }
        let event = delivery.event();
        if let (Some(outlet), Some(sequence)) = (event["outlet_id"].as_str(), event["sequence"].as_i64()) {
            let before = last.insert(outlet.to_owned(), sequence).unwrap_or(0);
            assert_eq!(sequence, before + 1, "{outlet}: {event:#}");
        }
    }
}

fn serve(kept: Arc<Kept>) -> SocketAddr {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&kept)))
            .app_data(web::PayloadConfig::new(1 << 20))
            .default_service(web::to(receive))
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    address
}

async fn receive(request: HttpRequest, body: web::Bytes, kept: web::Data<Kept>) -> HttpResponse {
    let (status, delay) = (kept.status.load(SeqCst), *kept.delay.lock().unwrap());
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let delivery = Delivery {
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: body.to_vec(),
        arrived: Instant::now(),
        status,
    };
    kept.deliveries.lock().unwrap().push(delivery);
    kept.count.send_modify(|count| *count += 1);
    tokio::time::sleep(delay).await;
    HttpResponse::build(StatusCode::from_u16(status).unwrap()).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_sent_is_kept_with_the_answer_it_got() {
        let receiver = Receiver::start().await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let send = || {
            http.post(receiver.url())
                .header("webhook-id", "evt_1")
                .body("{\"type\":\"x\"}")
                .send()
        };
        assert_eq!(send().await.unwrap().status(), 204);
        receiver.answer(503);
        assert_eq!(send().await.unwrap().status(), 503);
        receiver.go_down();
        send().await.unwrap_err();
        let kept = receiver.deliveries();
        let seen: Vec<_> = kept.iter().map(|d| (d.id(), d.status)).collect();
        assert_eq!(seen, [("evt_1", 204), ("evt_1", 503)]);
    }
}

//! Somebody's app backend: receives webhooks, answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;

#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) authorization: Option<String>,
    pub(crate) text: String,
    pub(crate) event: Value,
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    /// What to answer next; 204 when empty.
    answers: VecDeque<u16>,
    /// Said with every answer that is no success.
    retry_after: Option<String>,
    /// Every answer has a text without end.
    endless: bool,
    /// How many are waited for before any is answered.
    waits_for: usize,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    address: std::net::SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let data = web::Data::from(state.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .default_service(web::to(receive))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        tokio::spawn(server.run());
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    pub(crate) fn answer_next(&self, answers: impl IntoIterator<Item = u16>) {
        self.state.lock().unwrap().answers.extend(answers);
    }

    pub(crate) fn say_retry_after(&self, text: Option<&str>) {
        self.state.lock().unwrap().retry_after = text.map(str::to_owned);
    }

    pub(crate) fn answer_without_end(&self) {
        self.state.lock().unwrap().endless = true;
    }

    /// Answers nothing until so many deliveries are there.
    pub(crate) fn wait_for(&self, count: usize) {
        self.state.lock().unwrap().waits_for = count;
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// The first `count` deliveries, once there are so many.
    pub(crate) async fn first(&self, count: usize) -> Vec<Received> {
        super::eventually(|| async {
            let received = self.received();
            (received.len() >= count).then_some(received)
        })
        .await
    }
}

async fn receive(request: HttpRequest, body: String, state: web::Data<Mutex<State>>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let authorization = request.headers().get("authorization");
    let (status, retry_after, endless) = {
        let mut state = state.lock().unwrap();
        state.received.push(Received {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
            authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
            event: serde_json::from_str(&body).unwrap(),
            text: body,
        });
        let status = state.answers.pop_front().unwrap_or(204);
        (status, state.retry_after.clone(), state.endless)
    };
    loop {
        let is_enough = {
            let state = state.lock().unwrap();
            state.received.len() >= state.waits_for
        };
        if is_enough {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let mut answer = HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap());
    if status == 302 {
        answer.insert_header(("location", "/elsewhere"));
    }
    if let Some(text) = retry_after.filter(|_| status >= 300) {
        answer.insert_header(("retry-after", text));
    }
    match endless {
        true => answer.streaming(futures_util::stream::repeat_with(|| {
            Ok::<_, actix_web::Error>(web::Bytes::from_static(&[b'x'; 8192]))
        })),
        false => answer.finish(),
    }
}

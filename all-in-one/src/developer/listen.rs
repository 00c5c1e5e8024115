//! `denro listen`: prints events as they happen, and forwards them as webhooks to a machine that no server reaches.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::line::line;
use super::sse::{Frame, Frames};
use super::target::{Client, Refused, Target, good};

/// After a cut.
const AGAIN: Duration = Duration::from_secs(1);
const FORWARD_TIMEOUT: Duration = Duration::from_secs(15);
const SECRET_PREFIX: &str = "whsec_";

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
    /// Also sends each event there, signed as a webhook
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// Of these types alone, separated by commas
    #[arg(long, value_name = "TYPES")]
    types: Option<String>,
    /// Begins behind this event instead of now
    #[arg(long, value_name = "EVENT")]
    after: Option<String>,
    /// What forwarded events are signed with; a new one where left out
    #[arg(
        long,
        env = "DENRO_WEBHOOK_SECRET",
        value_name = "whsec_…",
        hide_env_values = true
    )]
    secret: Option<String>,
}

struct Listener {
    client: Client,
    path: String,
    /// The last event that was heard.
    after: Option<String>,
    names: HashMap<String, String>,
    forward: Option<Forward>,
    /// That the server is gone has been told.
    is_cut: bool,
}

struct Forward {
    http: reqwest::Client,
    url: String,
    key: hmac::Key,
}

/// Listens until the process is told to stop.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let client = options.target.client()?;
    let forward = options.forward_to.as_deref();
    let forward = forward.map(|url| Forward::new(&client, url, options.secret.as_deref()));
    let query = options.types.map(|types| format!("?types={types}"));
    let mut listener = Listener {
        names: client.outlet_names().await,
        client,
        path: format!("/v1/events/stream{}", query.unwrap_or_default()),
        after: options.after,
        forward: forward.transpose()?,
        is_cut: false,
    };
    say("listening; Ctrl-C ends it");
    tokio::select! {
        () = foundation::service::stop_signal()? => Ok(()),
        failed = listener.listen() => failed,
    }
}

impl Listener {
    /// Returns only where going on makes no sense.
    async fn listen(&mut self) -> anyhow::Result<()> {
        loop {
            match self.follow().await {
                // It ends with its token, and is taken up with the next one.
                Ok(()) => {}
                Err(error) => match error.downcast_ref::<Refused>() {
                    Some(refused)
                        if refused.status.is_client_error()
                            && refused.status != StatusCode::TOO_MANY_REQUESTS =>
                    {
                        return Err(error);
                    }
                    Some(_) | None if self.is_cut => {}
                    Some(_) | None => {
                        say(&format!("cut off ({error:#}); going on as soon as possible"));
                        self.is_cut = true;
                    }
                },
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Follows the stream to its end.
    async fn follow(&mut self) -> anyhow::Result<()> {
        let mut request = self.client.request(Method::GET, &self.path).await?;
        if let Some(after) = &self.after {
            request = request.header("last-event-id", after);
        }
        let mut answer = good(request.send().await?).await?;
        if std::mem::take(&mut self.is_cut) {
            say("connected again");
        }
        let mut frames = Frames::default();
        while let Some(chunk) = answer.chunk().await? {
            for frame in frames.take(&chunk) {
                self.hear(frame).await;
            }
        }
        Ok(())
    }

    async fn hear(&mut self, frame: Frame) {
        if let Some(body) = &frame.data {
            let event: Value = serde_json::from_str(body).unwrap_or_default();
            let mut line = line(&event, &self.names);
            if let Some(forward) = &self.forward {
                line = format!("{line}  → {}", forward.send(&event, body).await);
            }
            say(&line);
        }
        self.after = frame.id.or(self.after.take());
    }
}

impl Forward {
    fn new(client: &Client, url: &str, secret: Option<&str>) -> anyhow::Result<Self> {
        let secret = secret.map_or_else(
            || {
                format!(
                    "{SECRET_PREFIX}{}",
                    STANDARD.encode(foundation::ids::random::<32>())
                )
            },
            str::to_owned,
        );
        let bytes = secret.strip_prefix(SECRET_PREFIX);
        let bytes = bytes.and_then(|text| STANDARD.decode(text).ok());
        let bytes = bytes.context("the secret: expected whsec_ and base64")?;
        say(&format!("forwarding to {url}, signed with {secret}"));
        Ok(Self {
            http: client.http().clone(),
            url: url.to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &bytes),
        })
    }

    /// What came of it, in a word.
    async fn send(&self, event: &Value, body: &str) -> String {
        let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
        let timestamp_s = foundation::Clock::system().now_us().div_euclid(1_000_000);
        let signed = format!("{id}.{timestamp_s}.{body}");
        let signature = STANDARD.encode(hmac::sign(&self.key, signed.as_bytes()));
        let request = self
            .http
            .post(&self.url)
            .timeout(FORWARD_TIMEOUT)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", format!("v1,{signature}"))
            .body(body.to_owned());
        match request.send().await {
            Ok(answer) => answer.status().as_u16().to_string(),
            Err(error) if error.is_timeout() => "no answer".into(),
            Err(_) => "nobody there".into(),
        }
    }
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
fn say(line: &str) {
    println!("{line}");
}

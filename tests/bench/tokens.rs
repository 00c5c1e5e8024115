//! How many access tokens the auth-server issues, and how many it answers about, in a second of its own CPU time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on must say where"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use system_tests::figures::{self, Watch, ms};
use system_tests::peer::Runtime;
use system_tests::program::{Launch, Process, cpu_us, rss_kib};
use system_tests::requests::{self, Connection, Until};
use tokio::task::JoinSet;

const CONNECTIONS: usize = 16;
/// More than the server remembers.
const DISTINCT: usize = 12_000;
const MEASURED: Duration = Duration::from_secs(10);
const MILLION: usize = 1_000_000;
/// People who sign in at the same time, again and again.
const PEOPLE: u32 = 50;
/// How often tokens are measured alone and beside them, in turn, and for how long each.
const PAIRS: usize = 7;
const OF_A_PAIR: Duration = Duration::from_secs(4);
const TOKEN_BODY: &str = "grant_type=client_credentials&scope=outlets%3Aread%20sessions%3Awrite";

/// A server that is measured.
struct Subject {
    name: &'static str,
    pid: u32,
    address: SocketAddr,
    /// A client's Basic credentials.
    login: String,
    token_path: &'static str,
    introspect_path: &'static str,
}

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_some_and(|first| first == "program") {
        return system_tests::program::dispatch(args.skip(1));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
    ExitCode::SUCCESS
}

async fn measure() {
    let folder = std::env::temp_dir().join(foundation::ids::id("bench"));
    std::fs::create_dir(&folder).unwrap();
    let (config, database) = (folder.join("auth.toml"), folder.join("auth.db"));
    let text = format!(
        "[database]\nurl = \"sqlite:{}\"\n[listen]\naddress = \"127.0.0.1:0\"\nbehind_proxy = true\n",
        database.display()
    );
    std::fs::write(&config, text).unwrap();
    // The first start makes the database, the second is measured.
    drop(started(&config).await);
    let (process, start) = started(&config).await;
    let ours = Subject {
        name: "auth-server",
        pid: process.id(),
        address: process.address().await,
        login: login(&config).await,
        token_path: "/oauth2/token",
        introspect_path: "/oauth2/introspect",
    };
    figures::head(&[
        "server",
        "what",
        "per second",
        "per CPU-second",
        "server CPU",
        "generator CPU",
        "p50",
        "p99",
        "RSS",
    ]);
    let token = ours.request(ours.token_path, TOKEN_BODY);
    ours.row(
        "client_credentials tokens",
        vec![token.clone()],
        Until::Passed(MEASURED),
    )
    .await;
    ours.row(
        "a million tokens more",
        vec![token.clone()],
        Until::Answered(MILLION),
    )
    .await;
    let signing_in = sign_in_all_the_time(ours.address).await;
    ours.row(
        "tokens while 50 people sign in",
        vec![token.clone()],
        Until::Passed(MEASURED),
    )
    .await;
    drop(signing_in);
    ours.introspections(TOKEN_BODY).await;
    ours.introspections_of_many(TOKEN_BODY).await;
    peer_rows().await;
    ours.beside_people(token).await;
    figures::head(&["start on an existing database"]);
    figures::row(&[ms(start)]);
    drop(process);
    std::fs::remove_dir_all(folder).unwrap();
}

/// A server, and how long it took until it listened.
async fn started(config: &Path) -> (Process, Duration) {
    let began = Instant::now();
    let process = Launch::own_executable("auth-server").start("auth-server", config);
    process.address().await;
    (process, began.elapsed())
}

/// A client's Basic credentials.
async fn login(config: &Path) -> String {
    let new = auth_server::admin::NewClient {
        name: "Bench".into(),
        tenant_id: "ten_bench".into(),
        scopes: api_spec::token::Scopes::all(),
        audience: None,
        introspects: None,
        dpop_bound: false,
        sign_in: None,
    };
    let config = auth_server::Config::load(config).unwrap();
    let client = auth_server::admin::create_client(&config, new).await.unwrap();
    STANDARD.encode(format!("{}:{}", client.client_id, client.proof.client_secret))
}

impl Subject {
    fn request(&self, path: &str, body: &str) -> String {
        let Self { address, login, .. } = self;
        format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {login}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// How much later the last hundredth of tokens comes while people sign in: each time against the moment before, because
    /// the machine itself is faster at one time than at another.
    async fn beside_people(&self, token: String) {
        let mut pairs = Vec::new();
        for _ in 0..PAIRS {
            let alone = self.p99(&token).await;
            let signing_in = sign_in_all_the_time(self.address).await;
            pairs.push((alone, self.p99(&token).await));
            drop(signing_in);
        }
        let factor = |(alone, beside): &(Duration, Duration)| beside.as_secs_f64() / alone.as_secs_f64();
        pairs.sort_by(|one, other| factor(one).total_cmp(&factor(other)));
        figures::head(&["tokens' p99", "alone", "while 50 people sign in", "factor"]);
        for (which, pair) in [("least", 0), ("median", PAIRS / 2), ("most", PAIRS - 1)] {
            let (alone, beside) = pairs[pair];
            figures::row(&[
                which.to_owned(),
                ms(alone),
                ms(beside),
                format!("{:.2}", factor(&pairs[pair])),
            ]);
        }
    }

    async fn p99(&self, request: &str) -> Duration {
        let requests = vec![request.to_owned()];
        let latencies = requests::ask(self.address, requests, CONNECTIONS, Until::Passed(OF_A_PAIR)).await;
        latencies.percentile(99.0)
    }

    /// Questions about one token.
    async fn introspections(&self, token_body: &str) {
        let request = vec![self.introspection(token_body).await];
        self.row("introspections, one token", request, Until::Passed(MEASURED))
            .await;
    }

    /// Questions about more tokens than the server has in memory.
    async fn introspections_of_many(&self, token_body: &str) {
        let mut requests = Vec::new();
        while requests.len() < DISTINCT {
            requests.push(self.introspection(token_body).await);
        }
        let what = "introspections, each token once in a while";
        self.row(what, requests, Until::Passed(MEASURED)).await;
    }

    /// A question about a new token.
    async fn introspection(&self, token_body: &str) -> String {
        let mut connection = Connection::open(self.address).await;
        let answer = connection
            .exchange(&self.request(self.token_path, token_body))
            .await;
        let (_, rest) = answer.split_once("\"access_token\":\"").unwrap();
        let (token, _) = rest.split_once('"').unwrap();
        self.request(self.introspect_path, &format!("token={token}"))
    }

    /// Asks these requests in turn, on every connection.
    async fn row(&self, what: &str, requests: Vec<String>, until: Until) {
        let watch = Watch::begin(|| cpu_us(self.pid));
        let latencies = requests::ask(self.address, requests, CONNECTIONS, until).await;
        let (spent, count) = (watch.spent(), latencies.count());
        let [server, generator] = spent.shares();
        figures::row(&[
            self.name.to_owned(),
            what.to_owned(),
            spent.per_second(count),
            format!("{:.0}", count as f64 / (spent.server_us as f64 / 1e6)),
            server,
            generator,
            ms(latencies.percentile(50.0)),
            ms(latencies.percentile(99.0)),
            format!("{:.1} MiB", rss_kib(self.pid, "VmRSS:") as f64 / 1024.0),
        ]);
    }
}

/// The same of panva's oidc-provider, where it is installed.
async fn peer_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/peers");
    if !folder.join("node_modules").exists() {
        eprintln!("without oidc-provider; to install it: npm ci --prefix tests/bench/peers");
        return;
    }
    let mut peer = Runtime::Node.start("../bench/peers/oidc_provider.mjs", &[]);
    let said = peer.until("port").await;
    let port = u16::try_from(said["port"].as_u64().unwrap()).unwrap();
    let theirs = Subject {
        name: "oidc-provider",
        pid: peer.id(),
        address: SocketAddr::from(([127, 0, 0, 1], port)),
        login: said["login"].as_str().unwrap().to_owned(),
        token_path: "/token",
        introspect_path: "/token/introspection",
    };
    let of = |api: &str| format!("{TOKEN_BODY}&resource=urn%3Aapi%3A{api}");
    let token = theirs.request(theirs.token_path, &of("jwt"));
    theirs
        .row("client_credentials tokens", vec![token], Until::Passed(MEASURED))
        .await;
    // It introspects no JWT, which it does not keep: opaque tokens, the last thousand of which it does.
    theirs.introspections(&of("opaque")).await;
}

/// Passwords of nobody, which cost as much as anybody's; each guess comes from elsewhere, so that none is refused unseen.
async fn sign_in_all_the_time(address: SocketAddr) -> JoinSet<()> {
    let mut people = JoinSet::new();
    for person in 0..PEOPLE {
        let http = system_tests::api::http_client();
        let url = format!("http://{address}/login");
        let page = http.get(&url).send().await.unwrap();
        let cookies = page.headers().get_all("set-cookie").iter();
        let cookies: Vec<_> = cookies
            .map(|c| c.to_str().unwrap().split(';').next().unwrap().to_owned())
            .collect();
        let html = page.text().await.unwrap();
        let (_, rest) = html.split_once("name=\"form_token\" value=\"").unwrap();
        let form_token = rest.split('"').next().unwrap().to_owned();
        people.spawn(async move {
            for guess in 0_u32.. {
                let from = std::net::Ipv4Addr::from(0x0A00_0000 + person * 65_536 + guess);
                let body =
                    format!("form_token={form_token}&email=p{person}g{guess}%40example.jp&password=guess");
                let request = http
                    .post(&url)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("cookie", cookies.join("; "))
                    .header("x-forwarded-for", from.to_string());
                let status = request.body(body).send().await.unwrap().status().as_u16();
                assert!(status == 403 || status == 503, "{status}");
            }
        });
    }
    people
}

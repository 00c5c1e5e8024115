//! How large a journal of days without a server is, what it takes of memory, and how long the server takes to hear it all.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on must say where"
)]

use std::time::Instant;

use outlet_controller::Store;
use outlet_controller::store::{Answered, Message, Rank, Step};
use system_tests::figures::{self, ms};
use system_tests::program::rss_kib;
use system_tests::random::Random;
use system_tests::world::{Options, World};

const OUTLETS: i64 = 8;
const LOOKS: usize = 200;
const MINUTE_US: i64 = 60_000_000;
const MINUTES_A_DAY: i64 = 1_440;
/// Each outlet is in a session for a third of the day.
const SESSION_MINUTES: i64 = 480;

/// `[DAYS [size]]`: 30 where nothing is said; with `size` nothing is delivered.
fn main() {
    let days = std::env::args().nth(1).map_or(30, |days| days.parse().unwrap());
    let delivers = std::env::args().nth(2).is_none();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure(days, delivers));
}

async fn measure(days: i64, delivers: bool) {
    let options = Options {
        outlets: OUTLETS as u8,
        controller: false,
        ..Options::processes()
    };
    let mut world = World::start(options).await;
    let data = world.folder.join("controller");
    let store = Store::open(&data).unwrap();
    let written = fill(&store, days, world.clock.now_us()).await;
    let depth = store.depth().await.unwrap();
    let messages = depth.reports + depth.samples;
    figures::head(&[
        "days",
        "reports",
        "samples",
        "MB as JSON",
        "MB in use",
        "bytes/message",
        "step of 9",
        "oldest",
    ]);
    figures::row(&[
        days.to_string(),
        depth.reports.to_string(),
        depth.samples.to_string(),
        (written.json_bytes >> 20).to_string(),
        (written.used_bytes >> 20).to_string(),
        (written.used_bytes / messages as u64).to_string(),
        ms(written.step),
        ms(written.oldest),
    ]);
    figures::head(&["controller", "RSS", "RSS, highest"]);
    let looked_at = without_server(&mut world).await;
    figures::row(&row_of("no server, looked at 200 times", looked_at));
    if !delivers {
        return world.stop().await;
    }
    world.restore_link().await;
    let began = Instant::now();
    world.restart_controller().await;
    while store.depth().await.unwrap().samples > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    let took = began.elapsed();
    figures::row(&row_of("everything delivered", memory(&world)));
    figures::head(&["messages", "delivered in", "messages/s"]);
    let rate = messages as f64 / took.as_secs_f64();
    figures::row(&[
        messages.to_string(),
        format!("{:.0} s", took.as_secs_f64()),
        format!("{rate:.0}"),
    ]);
    drop(store);
    world.stop().await;
}

/// The controller with its journal as it is, while a person and Prometheus look at it again and again.
async fn without_server(world: &mut World) -> [u64; 2] {
    world.cut_link();
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listen.local_addr().unwrap();
    drop(listen);
    let file = world.folder.join("outlet-controller.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\n[status]\nlisten = \"{address}\"\n")).unwrap();
    world.restart_controller().await;
    for n in 0..LOOKS {
        let page = if n % 2 == 0 { "status.json" } else { "readyz" };
        let url = format!("http://{address}/{page}");
        reqwest::get(url).await.unwrap().bytes().await.unwrap();
    }
    let found = memory(world);
    world.kill_controller();
    found
}

/// What the controller occupies now, and the most that it ever did, in KiB.
fn memory(world: &World) -> [u64; 2] {
    let pid = world.controller_process().id();
    ["VmRSS:", "VmHWM:"].map(|line| rss_kib(pid, line))
}

fn row_of(name: &str, kib: [u64; 2]) -> [String; 3] {
    let [now, highest] = kib.map(|kib| format!("{:.1} MiB", kib as f64 / 1024.0));
    [name.to_owned(), now, highest]
}

struct Written {
    json_bytes: u64,
    used_bytes: u64,
    step: std::time::Duration,
    oldest: std::time::Duration,
}

async fn fill(store: &Store, days: i64, now_us: i64) -> Written {
    let journal = store.load().await.unwrap().journal_id;
    let mut panel = Panel::new(journal);
    let begin = now_us / MINUTE_US - days * MINUTES_A_DAY;
    let mut json_bytes = 0;
    for hour in 0..days * 24 {
        let minutes = begin + hour * 60..begin + (hour + 1) * 60;
        let messages: Vec<Message> = minutes.flat_map(|minute| panel.minute(minute)).collect();
        json_bytes += messages
            .iter()
            .map(|message| message.payload.len() as u64)
            .sum::<u64>();
        store.write(panel.step(messages)).await.unwrap();
    }
    let last = panel.minute(begin + days * MINUTES_A_DAY);
    let began = Instant::now();
    let usage = store.write(panel.step(last)).await.unwrap();
    let step = began.elapsed();
    let began = Instant::now();
    store.oldest(Answered::default()).await.unwrap();
    Written {
        json_bytes,
        used_bytes: usage.bytes,
        step,
        oldest: began.elapsed(),
    }
}

/// Messages as the controller writes them.
struct Panel {
    journal: i64,
    number: i64,
    random: Random,
    registers: Vec<i64>,
    transactions: Vec<Option<(String, i64)>>,
}

impl Panel {
    fn new(journal: i64) -> Self {
        Self {
            journal,
            number: 1,
            random: Random::new(1),
            registers: (0..=OUTLETS).map(|n| 4_000_000 + n * 123_457).collect(),
            transactions: vec![None; OUTLETS as usize + 1],
        }
    }

    fn step(&self, messages: Vec<Message>) -> Step {
        Step {
            messages,
            next_event_id: self.number,
            ..Step::default()
        }
    }

    fn minute(&mut self, minute: i64) -> Vec<Message> {
        let at_us = minute * MINUTE_US + 4_000 + self.random.below(900_000) as i64;
        (0..=OUTLETS)
            .flat_map(|n| self.outlet(n, minute, at_us))
            .collect()
    }

    /// The main circuit is number 0.
    fn outlet(&mut self, n: i64, minute: i64, at_us: i64) -> Vec<Message> {
        let place = n as usize;
        let of_day = (minute + n * 60).rem_euclid(MINUTES_A_DAY);
        let charges = n > 0 && of_day < SESSION_MINUTES;
        let mut messages = Vec::new();
        let watts = if charges {
            2_900 + self.random.below(200) as i64
        } else {
            0
        };
        self.registers[place] += watts / 60 + i64::from(n == 0) * 300;
        if charges && self.transactions[place].is_none() {
            self.transactions[place] = Some((foundation::ids::random_text(), 0));
            messages.push(self.transaction(n, "Started", "RemoteStart", (watts, at_us)));
        }
        if charges {
            messages.push(self.transaction(n, "Updated", "MeterValuePeriodic", (watts, at_us)));
        } else if self.transactions[place].is_some() {
            messages.push(self.transaction(n, "Ended", "TimeLimitReached", (0, at_us)));
            self.transactions[place] = None;
        } else {
            let values = self.values(place, "Sample.Clock", (watts, at_us));
            let data = self.data("open", "sample");
            let payload = format!(r#"{{"customData":{data},"evseId":{n},"meterValue":[{values}]}}"#);
            messages.push(message(Rank::Sample, "MeterValues", payload, at_us));
        }
        messages
    }

    fn transaction(&mut self, n: i64, kind: &str, why: &str, (watts, at_us): (i64, i64)) -> Message {
        let place = n as usize;
        let (values, at) = (self.values(place, "Sample.Periodic", (watts, at_us)), time(at_us));
        let data = self.data("closed", "report");
        let (transaction, seq_no) = self.transactions[place].as_mut().unwrap();
        let payload = format!(
            r#"{{"customData":{data},"eventType":"{kind}","meterValue":[{values}],"timestamp":"{at}","triggerReason":"{why}","seqNo":{seq_no},"offline":true,"transactionInfo":{{"transactionId":"{transaction}","chargingState":"Charging"}},"evse":{{"id":{n},"connectorId":1}}}}"#
        );
        *seq_no += 1;
        message(Rank::Report, "TransactionEvent", payload, at_us)
    }

    fn data(&mut self, breaker: &str, rank: &str) -> String {
        self.number += 1;
        let (journal, number) = (self.journal, self.number);
        format!(
            r#"{{"vendorId":"denro","breaker":"{breaker}","journal":{journal},"{rank}":{number},"tripped":false}}"#
        )
    }

    fn values(&mut self, place: usize, context: &str, (watts, at_us): (i64, i64)) -> String {
        let register = self.registers[place];
        let raw = (register as f32 / 1000.0).to_bits();
        let (volts, amperes) = (1_990 + self.random.below(60), watts as f64 / 201.5);
        let value = |value: String, measurand: &str, unit: &str| {
            format!(
                r#"{{"value":{value},"context":"{context}","measurand":"{measurand}","unitOfMeasure":{{"unit":"{unit}"}}}}"#
            )
        };
        let energy = value(format!("{register}.0"), "Energy.Active.Import.Register", "Wh");
        let energy = energy.replacen(
            '{',
            &format!(r#"{{"customData":{{"vendorId":"denro","meterSerial":"1903456{place}","rawRegister":"0x{raw:08X}"}},"#),
            1,
        );
        let rest = [
            value(format!("{}.{}", volts / 10, volts % 10), "Voltage", "V"),
            value(format!("{amperes:.3}"), "Current.Import", "A"),
            value(format!("{watts}.0"), "Power.Active.Import", "W"),
        ];
        format!(
            r#"{{"sampledValue":[{energy},{}],"timestamp":"{}"}}"#,
            rest.join(","),
            time(at_us)
        )
    }
}

fn message(rank: Rank, action: &'static str, payload: String, created_us: i64) -> Message {
    Message {
        rank,
        action,
        payload,
        created_us,
    }
}

fn time(at_us: i64) -> String {
    jiff::Timestamp::from_microsecond(at_us).unwrap().to_string()
}

//! `/status` for people: one page, no script, readable on a phone at the panel.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY};
use askama::Template;
use foundation::Language;

use super::document::{Bus, Document, Meter, Outlet};
use super::words::{
    ago, bytes, disk_trouble, duration, kilowatt_hours, milli, position, say, sentence, tone, unusable,
    wanted,
};

pub(super) const STYLE: &str = include_str!("../../assets/status.css");

const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Whether the page loads itself again every few seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reload {
    On,
    Off,
}

/// A line of a table: what, and how much.
type Row = (&'static str, String);

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage<'a> {
    lang: &'static str,
    reload: bool,
    document: &'a Document,
    uptime: String,
    troubles: Vec<String>,
    tiles: Vec<Tile>,
    sections: Vec<Section>,
}

struct Tile {
    number: u8,
    tone: &'static str,
    sentence: String,
    rows: Vec<Row>,
}

struct Section {
    title: String,
    rows: Vec<Row>,
}

pub(super) fn respond(document: &Document, language: Language, reload: Reload) -> HttpResponse {
    let page = StatusPage {
        lang: language.code(),
        reload: reload == Reload::On,
        document,
        uptime: duration(document.uptime_s, language),
        troubles: troubles(document, language),
        tiles: document
            .outlets
            .iter()
            .map(|outlet| tile(outlet, language))
            .collect(),
        sections: sections(document, language),
    };
    match page.render() {
        Ok(text) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_LANGUAGE, language.code()))
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .insert_header((VARY, "accept, accept-language"))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "the status page cannot be made");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// What somebody should look at; none where all is well.
fn troubles(document: &Document, language: Language) -> Vec<String> {
    let mut troubles = Vec::new();
    for outlet in document.outlets.iter().filter(|outlet| tone(outlet) == "bad") {
        let (number, sentence) = (outlet.number, sentence(outlet, language));
        troubles.push(match language {
            Language::Japanese => format!("コンセント {number}：{sentence}"),
            Language::English => format!("Outlet {number}: {sentence}"),
        });
    }
    if !document.ready.scans_go_on {
        troubles.push(
            say(
                language,
                "盤をしばらく見ていません",
                "The panel was not looked at for a while",
            )
            .into(),
        );
    }
    if !document.ready.journal {
        troubles.push(say(language, "記録が読めません", "The journal cannot be read").into());
    }
    if let Some(trouble) = document.disk.trouble {
        troubles.push(disk_trouble(trouble, language).to_owned());
    }
    if !document.link.connected {
        troubles.push(
            say(
                language,
                "サーバーにつながっていません（充電は予定どおり止まります）",
                "The server is not reached (charges end on time all the same)",
            )
            .into(),
        );
    }
    troubles
}

fn tile(outlet: &Outlet, language: Language) -> Tile {
    let text = |ja, en| say(language, ja, en);
    let (wanted, seen) = (wanted(outlet.wanted, language), position(outlet.seen, language));
    let mut rows = vec![(
        text("ブレーカ", "Breaker"),
        match language {
            Language::Japanese => format!("{seen}（指令 {wanted}）"),
            Language::English => format!("{seen} (told {wanted})"),
        },
    )];
    rows.extend(meter_rows(&outlet.meter, language));
    if let Some(session) = &outlet.session {
        let limit = session.energy_limit_wh.map(kilowatt_hours);
        let limit = limit.map(|limit| format!(" / {limit}")).unwrap_or_default();
        rows.push((
            text("この充電", "This charge"),
            kilowatt_hours(session.energy_wh) + &limit,
        ));
        rows.push((text("残り時間", "Ends in"), duration(session.ends_in_s, language)));
    }
    let used = outlet.operations.used_percent;
    let used = used.map(|percent| format!(" ({percent} %)")).unwrap_or_default();
    let count = outlet.operations.count;
    rows.push((text("入れた回数", "Closings"), format!("{count}{used}")));
    rows.push((
        text("最後の確認", "Last seen"),
        age(outlet.last_seen_age_ms, language),
    ));
    Tile {
        number: outlet.number,
        tone: tone(outlet),
        sentence: sentence(outlet, language),
        rows,
    }
}

fn age(age_ms: Option<u64>, language: Language) -> String {
    match age_ms {
        Some(age) if age < 10_000 => say(language, "いま", "now").to_owned(),
        Some(age) => ago(age / 1000, language),
        None => say(language, "まだ", "not yet").to_owned(),
    }
}

fn meter_rows(meter: &Meter, language: Language) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(why) = meter.unusable {
        let label = say(language, "電力量計", "Meter");
        rows.push((label, unusable(why, language).to_owned()));
    }
    if let Some(current) = meter.current_ma {
        rows.push((say(language, "電流", "Current"), milli(current, "A")));
    }
    if let Some(power) = meter.power_w {
        rows.push((say(language, "電力", "Power"), format!("{power} W")));
    }
    if let Some(register) = meter.register_wh {
        rows.push((say(language, "指示値", "Register"), kilowatt_hours(register)));
    }
    rows.push((
        say(language, "最後の検針", "Last read"),
        age(meter.read_age_ms, language),
    ));
    rows
}

fn sections(document: &Document, language: Language) -> Vec<Section> {
    let mut sections = Vec::new();
    if let Some(main) = &document.main_circuit {
        sections.push(Section {
            title: say(language, "主幹", "Main circuit").into(),
            rows: meter_rows(main, language),
        });
    }
    sections.extend(document.buses.iter().map(|bus| bus_section(bus, language)));
    sections.extend([
        link(document, language),
        journal(document, language),
        clock(document, language),
    ]);
    sections
}

fn bus_section(bus: &Bus, language: Language) -> Section {
    let text = |ja, en| say(language, ja, en);
    let errors: u64 = bus.errors.by_kind().iter().map(|(_, count)| count).sum();
    let mut rows = vec![
        (text("問い合わせ", "Questions"), bus.requests.to_string()),
        (text("エラー", "Errors"), errors.to_string()),
    ];
    let kinds = [
        (text("　応答なし", "  no answer"), bus.errors.timeout),
        (text("　壊れた応答", "  damaged"), bus.errors.checksum),
        (text("　別の応答", "  not the answer"), bus.errors.mismatch),
        (text("　機器が拒否", "  refused"), bus.errors.refused),
        (text("　回線", "  line"), bus.errors.line),
    ];
    let seen = kinds.into_iter().filter(|(_, count)| *count > 0);
    rows.extend(seen.map(|(kind, count)| (kind, count.to_string())));
    rows.extend(bus.last_cycle_us.map(|us| {
        let took = milli(i64::try_from(us).unwrap_or(i64::MAX), "ms");
        let least = bus.theoretical_cycle_us.map(|us| {
            let least = milli(i64::try_from(us).unwrap_or(i64::MAX), "ms");
            match language {
                Language::Japanese => format!("（最短 {least}）"),
                Language::English => format!(" (at least {least})"),
            }
        });
        (text("一巡", "Cycle"), took + &least.unwrap_or_default())
    }));
    rows.push((text("接続した回数", "Connections"), bus.connections.to_string()));
    Section {
        title: format!("{} {}", text("バス", "Bus"), bus.name),
        rows,
    }
}

fn link(document: &Document, language: Language) -> Section {
    let (link, text) = (&document.link, |ja, en| say(language, ja, en));
    let state = match link.connected {
        true => text("つながっています", "connected"),
        false => text("つながっていません", "not connected"),
    };
    let mut rows = vec![(text("状態", "State"), state.to_owned())];
    rows.extend(
        link.version
            .map(|version| (text("版", "Version"), version.to_owned())),
    );
    rows.extend(
        link.since_s
            .map(|since| (text("この状態になったのは", "Since"), ago(since, language))),
    );
    rows.extend(
        link.last_answer_age_s
            .map(|age| (text("最後の応答", "Last answer"), ago(age, language))),
    );
    rows.extend(
        link.trouble
            .clone()
            .map(|trouble| (text("理由", "Reason"), trouble)),
    );
    rows.extend(
        link.certificate_ends
            .clone()
            .map(|ends| (text("証明書の期限", "Certificate until"), ends)),
    );
    Section {
        title: text("サーバー", "Server").into(),
        rows,
    }
}

fn journal(document: &Document, language: Language) -> Section {
    let (journal, text) = (&document.journal, |ja, en| say(language, ja, en));
    let mut rows = Vec::new();
    let counts = [
        (text("未送信の報告", "Reports waiting"), journal.reports),
        (text("未送信の計測", "Samples waiting"), journal.samples),
        (text("サーバーが拒否", "Refused"), journal.set_aside),
    ];
    rows.extend(
        counts
            .into_iter()
            .filter_map(|(what, count)| Some((what, count?.to_string()))),
    );
    rows.extend(
        journal
            .oldest_age_s
            .map(|age| (text("最も古いもの", "Oldest"), ago(age, language))),
    );
    rows.extend(
        journal
            .size_bytes
            .map(|size| (text("大きさ", "Size"), bytes(size))),
    );
    Section {
        title: text("記録", "Journal").into(),
        rows,
    }
}

fn clock(document: &Document, language: Language) -> Section {
    let (clock, text) = (&document.clock, |ja, en| say(language, ja, en));
    let mut rows = vec![
        (text("時刻", "Wall clock"), clock.wall.clone()),
        (
            text("起動から", "Since boot"),
            duration(clock.since_boot_ms / 1000, language),
        ),
        (text("起動の印", "Boot id"), clock.boot_id.clone()),
        (
            text("正しいとわかっている", "Known to be right"),
            match clock.is_right {
                true => text("はい", "yes").to_owned(),
                false => text("いいえ", "no").to_owned(),
            },
        ),
    ];
    rows.extend(clock.server_ahead_ms.map(|ahead| {
        let what = text("サーバーの時計の進み", "Server's clock is ahead");
        (what, format!("{ahead:+} ms"))
    }));
    rows.extend(clock.last_step.as_ref().map(|step| {
        let by = format!("{:+} ms, {}", step.by_ms, step.at);
        (text("時刻合わせ", "Last step"), by)
    }));
    Section {
        title: text("時計", "Clock").into(),
        rows,
    }
}

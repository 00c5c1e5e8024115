//! `/metrics`: what Prometheus may know. No person and no session is named.

use domain::observation::Position;
use foundation::metrics::{Family, Kind, Labels, Seconds, Text};

use super::document::{Bus, Document, Meter, Outlet};
use crate::control_loop::{BOUNDS_MS, Doing, Durations, Picture};

const DOINGS: [(Doing, &str); 5] = [
    (Doing::Idle, "idle"),
    (Doing::Starting, "starting"),
    (Doing::Supplying, "supplying"),
    (Doing::Stopping, "stopping"),
    (Doing::Faulted, "faulted"),
];

pub(super) fn text(document: &Document, picture: &Picture) -> String {
    let mut text = Text::default();
    program(&mut text, document);
    outlets(&mut text, &document.outlets);
    meters(&mut text, document);
    buses(&mut text, &document.buses);
    journal(&mut text, document);
    disk(&mut text, document, picture);
    clock(&mut text, document);
    link(&mut text, document);
    control_loop(&mut text, document, picture);
    text.into_text()
}

fn program(text: &mut Text, document: &Document) {
    text.family("denro_build_info", Kind::Gauge, "The running program.")
        .sample(
            &[("program", "outlet-controller"), ("version", document.version)],
            1,
        );
    text.family("denro_uptime_seconds", Kind::Gauge, "Since the program's start.")
        .sample(&[], document.uptime_s);
    let ready = u8::from(document.ready.is_ready());
    text.family(
        "denro_ready",
        Kind::Gauge,
        "1 if every breaker was seen, scans go on, and the journal can be read and written.",
    )
    .sample(&[], ready);
}

fn outlets(text: &mut Text, outlets: &[Outlet]) {
    let mut family = text.family(
        "denro_outlet_state",
        Kind::Gauge,
        "1 for the state that the outlet is in.",
    );
    for outlet in outlets {
        for (doing, name) in DOINGS {
            let labels = [("outlet", &*outlet.number.to_string()), ("state", name)];
            family.sample(&labels, u8::from(outlet.doing == doing));
        }
    }
    breakers(text, outlets);
    each(
        text.family(
            "denro_outlet_operations_total",
            Kind::Counter,
            "How often the breaker has closed in its life.",
        ),
        outlets,
        |outlet| Some(outlet.operations.count),
    );
    each(
        text.family(
            "denro_outlet_life_operations",
            Kind::Gauge,
            "How often the breaker may close in its life; no sample where nobody knows.",
        ),
        outlets,
        |outlet| outlet.operations.life,
    );
    let mut family = text.family(
        "denro_outlet_fault",
        Kind::Gauge,
        "1 for what makes the outlet unusable; no sample while it is usable.",
    );
    for outlet in outlets {
        if let Some(fault) = outlet.fault {
            family.sample(&[("outlet", &outlet.number.to_string()), ("fault", fault)], 1);
        }
    }
}

fn breakers(text: &mut Text, outlets: &[Outlet]) {
    let closed = |outlet: &Outlet| match outlet.seen {
        Position::Closed => Some(1),
        Position::Open => Some(0),
        Position::Unknown => None,
    };
    each(
        text.family(
            "denro_outlet_breaker_closed",
            Kind::Gauge,
            "1 if the breaker is seen closed; no sample while it cannot be seen.",
        ),
        outlets,
        closed,
    );
    each(
        text.family(
            "denro_outlet_breaker_wanted_closed",
            Kind::Gauge,
            "1 if the breaker should be closed.",
        ),
        outlets,
        |outlet| Some(u8::from(outlet.wanted == "closed")),
    );
    each(
        text.family(
            "denro_outlet_tripped",
            Kind::Gauge,
            "1 if the breaker has tripped.",
        ),
        outlets,
        |outlet| Some(u8::from(outlet.tripped)),
    );
    each(
        text.family(
            "denro_outlet_last_seen_age_seconds",
            Kind::Gauge,
            "Since the breaker last said where it is.",
        ),
        outlets,
        |outlet| outlet.last_seen_age_ms.map(Seconds::from_ms),
    );
}

fn meters(text: &mut Text, document: &Document) {
    type Value = fn(&Meter) -> Option<i64>;
    let families: [(&str, &str, Kind, &str, Value); 4] = [
        (
            "denro_outlet_current_milliamperes",
            "denro_main_current_milliamperes",
            Kind::Gauge,
            "The meter's current.",
            |meter| meter.current_ma,
        ),
        (
            "denro_outlet_voltage_millivolts",
            "denro_main_voltage_millivolts",
            Kind::Gauge,
            "The meter's voltage.",
            |meter| meter.voltage_mv,
        ),
        (
            "denro_outlet_power_watts",
            "denro_main_power_watts",
            Kind::Gauge,
            "The meter's power.",
            |meter| meter.power_w,
        ),
        (
            "denro_outlet_energy_watthours_total",
            "denro_main_energy_watthours_total",
            Kind::Counter,
            "The meter's register, as last believed.",
            |meter| meter.register_wh,
        ),
    ];
    each(
        text.family(
            "denro_outlet_unattributed_watthours",
            Kind::Gauge,
            "Energy that is in nobody's charge; falls where a register goes back.",
        ),
        &document.outlets,
        |outlet| Some(outlet.unattributed_wh),
    );
    each(
        text.family(
            "denro_outlet_register_age_seconds",
            Kind::Gauge,
            "Since the meter last told its register.",
        ),
        &document.outlets,
        |outlet| outlet.meter.read_age_ms.map(Seconds::from_ms),
    );
    for (of_outlet, of_main, kind, help, value) in families {
        each(text.family(of_outlet, kind, help), &document.outlets, |outlet| {
            value(&outlet.meter)
        });
        let main = document.main_circuit.as_ref().and_then(value);
        text.family(of_main, kind, help).sample_if_known(&[], main);
    }
}

fn buses(text: &mut Text, buses: &[Bus]) {
    type Value = fn(&Bus) -> u64;
    let counts: [(&str, &str, Value); 3] = [
        (
            "denro_bus_requests_total",
            "Questions and orders that were sent.",
            |bus| bus.requests,
        ),
        ("denro_bus_answers_total", "Good answers.", |bus| bus.answers),
        (
            "denro_bus_connections_total",
            "How often the bus was connected or opened.",
            |bus| bus.connections,
        ),
    ];
    for (name, help, value) in counts {
        let mut family = text.family(name, Kind::Counter, help);
        for bus in buses {
            family.sample(&[("bus", &bus.name)], value(bus));
        }
    }
    let mut family = text.family(
        "denro_bus_errors_total",
        Kind::Counter,
        "Questions and orders that were not answered well.",
    );
    for bus in buses {
        for (kind, count) in bus.errors.by_kind() {
            family.sample(&[("bus", &bus.name), ("kind", kind)], count);
        }
    }
    type Cycle = fn(&Bus) -> Option<u64>;
    let cycles: [(&str, &str, Cycle); 2] = [
        (
            "denro_bus_cycle_seconds",
            "How long the last look at everything on the bus took.",
            |bus| bus.last_cycle_us,
        ),
        (
            "denro_bus_cycle_theoretical_seconds",
            "How long that takes at the line's speed at least.",
            |bus| bus.theoretical_cycle_us,
        ),
    ];
    for (name, help, value) in cycles {
        let mut family = text.family(name, Kind::Gauge, help);
        for bus in buses {
            family.sample_if_known(&[("bus", &bus.name)], value(bus).map(Seconds::from_us));
        }
    }
}

fn journal(text: &mut Text, document: &Document) {
    let journal = &document.journal;
    let mut family = text.family(
        "denro_journal_messages",
        Kind::Gauge,
        "Messages that wait for the server.",
    );
    family.sample_if_known(&[("rank", "report")], journal.reports);
    family.sample_if_known(&[("rank", "sample")], journal.samples);
    text.family(
        "denro_journal_set_aside_messages",
        Kind::Gauge,
        "Messages that the server has refused for good.",
    )
    .sample_if_known(&[], journal.set_aside);
    text.family(
        "denro_journal_oldest_age_seconds",
        Kind::Gauge,
        "Age of the oldest message that waits.",
    )
    .sample_if_known(&[], journal.oldest_age_s);
    text.family("denro_journal_size_bytes", Kind::Gauge, "The file's size.")
        .sample_if_known(&[], journal.size_bytes);
}

fn disk(text: &mut Text, document: &Document, picture: &Picture) {
    let mut family = text.family(
        "denro_disk_write_duration_seconds",
        Kind::Histogram,
        "Until a write to the journal was synced.",
    );
    histogram(&mut family, &[], &picture.disk.writes);
    text.family(
        "denro_disk_failures_total",
        Kind::Counter,
        "Writes that the disk has refused or kept waiting.",
    )
    .sample(&[], document.disk.failures);
    let mut family = text.family(
        "denro_disk_trouble",
        Kind::Gauge,
        "1 for what is wrong with the disk; no sample while it is good.",
    );
    if let Some(trouble) = document.disk.trouble {
        family.sample(&[("trouble", trouble)], 1);
    }
}

fn clock(text: &mut Text, document: &Document) {
    text.family(
        "denro_clock_right",
        Kind::Gauge,
        "1 if the wall clock is known to be right.",
    )
    .sample(&[], u8::from(document.clock.is_right));
    text.family(
        "denro_clock_offset_seconds",
        Kind::Gauge,
        "By how much the server's clock was ahead when it last told the time.",
    )
    .sample_if_known(&[], document.clock.server_ahead_ms.map(seconds));
}

fn link(text: &mut Text, document: &Document) {
    let link = &document.link;
    text.family(
        "denro_link_connected",
        Kind::Gauge,
        "1 while the server is reached.",
    )
    .sample(&[], u8::from(link.connected));
    text.family(
        "denro_link_connections_total",
        Kind::Counter,
        "Connections that were made.",
    )
    .sample(&[], link.connections);
    text.family(
        "denro_link_failures_total",
        Kind::Counter,
        "Connections that were lost or could not be made.",
    )
    .sample(&[], link.failures);
    text.family(
        "denro_link_last_answer_age_seconds",
        Kind::Gauge,
        "Since the server last answered a call.",
    )
    .sample_if_known(&[], link.last_answer_age_s);
    text.family(
        "denro_certificate_left_seconds",
        Kind::Gauge,
        "Until this station's certificate ends.",
    )
    .sample_if_known(&[], link.certificate_left_s);
}

fn control_loop(text: &mut Text, document: &Document, picture: &Picture) {
    text.family(
        "denro_control_loop_turns_total",
        Kind::Counter,
        "Turns of the control loop; it is stuck when this stands still.",
    )
    .sample(&[], document.control_loop.turns);
    let mut family = text.family(
        "denro_commands_total",
        Kind::Counter,
        "Commands that were answered.",
    );
    for ((kind, outcome), count) in &picture.commands {
        family.sample(&[("kind", kind), ("outcome", outcome)], count);
    }
    let mut family = text.family(
        "denro_command_duration_seconds",
        Kind::Histogram,
        "From an order, ON or OFF, until the breaker was seen to have followed it.",
    );
    let [on, off] = &picture.switched;
    histogram(&mut family, &[("kind", "on")], on);
    histogram(&mut family, &[("kind", "off")], off);
    let mut family = text.family(
        "denro_control_loop_scan_duration_seconds",
        Kind::Histogram,
        "From the first question of a look at all outlets to the last write that followed from it.",
    );
    histogram(&mut family, &[], &picture.rounds);
}

fn histogram(family: &mut Family<'_>, labels: Labels<'_>, durations: &Durations) {
    let bounds = BOUNDS_MS.map(|bound| Seconds::from_ms(bound).to_string());
    let counts = bounds.iter().map(String::as_str).zip(durations.within);
    for (bound, count) in counts.chain([("+Inf", durations.count)]) {
        let labels = [labels, &[("le", bound)]].concat();
        family.with_suffix("_bucket", &labels, count);
    }
    family.with_suffix("_sum", labels, Seconds(durations.sum));
    family.with_suffix("_count", labels, durations.count);
}

/// With its sign.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    format!("{sign}{}", Seconds::from_ms(ms.unsigned_abs()))
}

fn each<T: std::fmt::Display>(
    mut family: Family<'_>,
    outlets: &[Outlet],
    value: impl Fn(&Outlet) -> Option<T>,
) {
    for outlet in outlets {
        family.sample_if_known(&[("outlet", &outlet.number.to_string())], value(outlet));
    }
}

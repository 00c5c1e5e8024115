//! `/status.json`: the whole controller at one moment. Integers with their units in the names; ages in milliseconds.

use domain::observation::{Measured, Position, Reading, Unusable};
use domain::outlet::{Phase, Wanted};
use domain::units::{Now, Tick, WattHours};
use jiff::Timestamp;
use serde::Serialize;

use super::Sources;
use crate::control_loop::{Doing, OutletPicture, Picture, Trouble, now_of};
use crate::modbus::bus::BusStats;
use crate::ocpp::LinkState;
use crate::store::Store;

/// A loop that has looked at nothing for longer is not well: the slowest bus needs less.
const LATE_AFTER_MS: u64 = 30_000;

#[derive(Clone, Debug, Serialize)]
pub(super) struct Document {
    pub(super) panel: String,
    pub(super) station_id: String,
    pub(super) version: &'static str,
    pub(super) uptime_s: u64,
    pub(super) ready: Readiness,
    pub(super) outlets: Vec<Outlet>,
    pub(super) main_circuit: Option<Meter>,
    pub(super) buses: Vec<Bus>,
    pub(super) journal: Journal,
    pub(super) clock: ClockNow,
    pub(super) link: Link,
    pub(super) disk: Disk,
    pub(super) control_loop: Loop,
}

/// What the controller needs in order to do its work; the server is not needed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Readiness {
    /// Every breaker was seen by one scan since the start.
    pub(super) first_scan_verified: bool,
    /// The last scan of all outlets is not long ago.
    pub(super) scans_go_on: bool,
    /// The journal can be read.
    pub(super) journal: bool,
    /// The disk takes what is written and has room: charges can begin.
    pub(super) disk: bool,
}

impl Readiness {
    pub(super) fn is_ready(self) -> bool {
        self.first_scan_verified && self.scans_go_on && self.journal && self.disk
    }
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Outlet {
    pub(super) number: u8,
    pub(super) doing: Doing,
    pub(super) phase: Option<Phase>,
    /// What the breaker should be.
    pub(super) wanted: &'static str,
    pub(super) seen: Position,
    pub(super) tripped: bool,
    pub(super) fault: Option<&'static str>,
    pub(super) meter: Meter,
    pub(super) session: Option<Session>,
    pub(super) operations: Operations,
    /// Since the breaker last said where it is; `null` before it ever did.
    pub(super) last_seen_age_ms: Option<u64>,
    /// Energy that is in nobody's charge; falls where a register goes back.
    pub(super) unattributed_wh: i64,
}

/// How often the breaker has closed in its life.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Operations {
    pub(super) count: u64,
    /// What its maker gives it; `null` where nobody knows.
    pub(super) life: Option<u32>,
    pub(super) used_percent: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Meter {
    pub(super) current_ma: Option<i64>,
    pub(super) voltage_mv: Option<i64>,
    pub(super) power_w: Option<i64>,
    /// The last register that was believed.
    pub(super) register_wh: Option<i64>,
    /// Why the meter's last register is not used, where it is not.
    pub(super) unusable: Option<Unusable>,
    /// Since the meter last told its register; `null` before it ever did.
    pub(super) read_age_ms: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Session {
    pub(super) transaction: String,
    pub(super) energy_wh: i64,
    pub(super) energy_limit_wh: Option<i64>,
    /// Until the breaker is opened at the latest.
    pub(super) ends_in_s: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Bus {
    pub(super) name: String,
    pub(super) requests: u64,
    pub(super) answers: u64,
    pub(super) errors: BusErrors,
    /// How often it was connected or opened.
    pub(super) connections: u64,
    /// How long the last look at everything on it took.
    pub(super) last_cycle_us: Option<u64>,
    /// What that takes at the line's speed at least; `null` where there is no line.
    pub(super) theoretical_cycle_us: Option<u64>,
}

/// Questions that were not answered well, by kind.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct BusErrors {
    pub(super) timeout: u64,
    pub(super) checksum: u64,
    /// Answers to another question.
    pub(super) mismatch: u64,
    /// Refused by the device.
    pub(super) refused: u64,
    /// The line itself failed.
    pub(super) line: u64,
}

impl BusErrors {
    pub(super) fn by_kind(self) -> [(&'static str, u64); 5] {
        [
            ("timeout", self.timeout),
            ("checksum", self.checksum),
            ("mismatch", self.mismatch),
            ("refused", self.refused),
            ("line", self.line),
        ]
    }
}

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Journal {
    /// What happened and waits for the server.
    pub(super) reports: Option<i64>,
    /// Minutes' samples that wait for the server.
    pub(super) samples: Option<i64>,
    /// Messages that the server has refused for good.
    pub(super) set_aside: Option<i64>,
    pub(super) size_bytes: Option<u64>,
    pub(super) oldest_age_s: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ClockNow {
    pub(super) wall: String,
    pub(super) since_boot_ms: u64,
    pub(super) boot_id: String,
    /// Whether the wall clock is known to be right.
    pub(super) is_right: bool,
    /// By how much the server's clock was ahead when it last told the time.
    pub(super) server_ahead_ms: Option<i64>,
    /// When the wall clock was last set since the start, and by how much.
    pub(super) last_step: Option<Step>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Step {
    pub(super) at: String,
    pub(super) by_ms: i64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Link {
    pub(super) connected: bool,
    pub(super) version: Option<&'static str>,
    pub(super) since: Option<String>,
    pub(super) since_s: Option<u64>,
    pub(super) last_answer_age_s: Option<u64>,
    pub(super) connections: u64,
    pub(super) failures: u64,
    pub(super) trouble: Option<String>,
    /// RFC 3339; `null` where it has a password.
    pub(super) certificate_ends: Option<String>,
    pub(super) certificate_left_s: Option<i64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Disk {
    /// What is wrong: `disk_failed`, `journal_full` or `journal_thinned`.
    pub(super) trouble: Option<&'static str>,
    /// Writes that it has refused or kept waiting.
    pub(super) failures: u64,
    /// Until the write was synced.
    pub(super) last_write_ms: u64,
    pub(super) longest_write_ms: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Loop {
    pub(super) turns: u64,
    pub(super) scans: u64,
    pub(super) last_scan_ms: u64,
    pub(super) longest_scan_ms: u64,
    pub(super) last_scan_age_ms: Option<u64>,
}

/// The document, and the picture that it was made of.
pub(super) async fn collect(sources: &Sources) -> (Document, Picture) {
    let picture = sources.handles.pictures.borrow().clone();
    let now = now_of(&sources.clock);
    let journal = journal(sources, now).await;
    let scan_age_ms = picture.last_scan_at.map(|at| now.tick.since(at).0);
    let link = sources.link.state();
    let document = Document {
        panel: sources.panel.clone(),
        station_id: sources.station.clone(),
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: now.tick.0.saturating_sub(sources.started_ms) / 1000,
        ready: Readiness {
            first_scan_verified: picture.verified_at.is_some(),
            scans_go_on: scan_age_ms.is_some_and(|age| age <= LATE_AFTER_MS),
            journal: journal.reports.is_some(),
            disk: picture
                .disk
                .trouble
                .is_none_or(|trouble| trouble == Trouble::Thinned),
        },
        outlets: picture
            .outlets
            .iter()
            .map(|outlet| Outlet::of(outlet, now.tick))
            .collect(),
        main_circuit: picture
            .main
            .as_ref()
            .map(|(reading, register)| Meter::of((reading, *register), picture.main_read_at, now.tick)),
        buses: picture.buses.iter().map(Bus::of).collect(),
        journal,
        clock: ClockNow {
            wall: rfc_3339(now),
            since_boot_ms: now.tick.0,
            boot_id: sources.clock.boot_id().to_owned(),
            is_right: sources.clock.is_right(),
            server_ahead_ms: link.server_ahead_ms,
            last_step: picture.wall_step.map(|step| Step {
                at: rfc_3339(Now { wall: step.at, ..now }),
                by_ms: step.by_ms,
            }),
        },
        link: Link::of(link, now),
        disk: Disk {
            trouble: picture.disk.trouble.map(Trouble::name),
            failures: picture.disk.failures,
            last_write_ms: ms(picture.disk.writes.last),
            longest_write_ms: ms(picture.disk.writes.longest),
        },
        control_loop: Loop {
            turns: sources.handles.turns.count(),
            scans: picture.rounds.count,
            last_scan_ms: ms(picture.rounds.last),
            longest_scan_ms: ms(picture.rounds.longest),
            last_scan_age_ms: scan_age_ms,
        },
    };
    (document, picture)
}

impl Outlet {
    fn of(outlet: &OutletPicture, now: Tick) -> Self {
        let status = &outlet.status;
        Self {
            number: outlet.number.get(),
            doing: outlet.doing,
            phase: status.phase,
            wanted: match outlet.wanted {
                Wanted::Closed => "closed",
                Wanted::Open => "open",
            },
            seen: status.position,
            tripped: status.tripped,
            fault: status.fault.map(domain::outlet::Fault::name),
            meter: Meter::of((&status.reading, status.register), outlet.read_at, now),
            session: Session::of(outlet, now),
            operations: Operations::of(status.operations, outlet.life_ops),
            last_seen_age_ms: outlet.seen_at.map(|at| now.since(at).0),
            unattributed_wh: outlet.unattributed.0,
        }
    }
}

impl Operations {
    fn of(count: u64, life_ops: u32) -> Self {
        let life = Some(life_ops).filter(|life| *life > 0);
        Self {
            count,
            life,
            used_percent: life.map(|life| count.saturating_mul(100) / u64::from(life)),
        }
    }
}

impl Session {
    fn of(outlet: &OutletPicture, now: Tick) -> Option<Self> {
        Some(Self {
            transaction: outlet.status.transaction.as_ref()?.to_string(),
            energy_wh: outlet.status.energy?.0,
            energy_limit_wh: outlet.energy_limit.map(|limit| limit.0),
            ends_in_s: outlet.ends_at?.since(now).0.div_ceil(1000),
        })
    }
}

impl Meter {
    fn of((reading, register): (&Reading, Option<WattHours>), read_at: Option<Tick>, now: Tick) -> Self {
        Self {
            current_ma: known(reading.current.map(|current| current.0)),
            voltage_mv: known(reading.voltage.map(|voltage| voltage.0)),
            power_w: known(reading.power.map(|power| power.0)),
            register_wh: register.map(|register| register.0),
            unusable: reading.register.err(),
            read_age_ms: read_at.map(|at| now.since(at).0),
        }
    }
}

impl Bus {
    fn of(stats: &BusStats) -> Self {
        let us = |ms: f64| (ms * 1000.0).round() as u64;
        Self {
            name: stats.name.clone(),
            requests: stats.requests,
            answers: stats.answers,
            errors: BusErrors {
                timeout: stats.timeouts,
                checksum: stats.crc_errors,
                mismatch: stats.mismatches,
                refused: stats.exceptions,
                line: stats.line_errors,
            },
            connections: stats.connects,
            last_cycle_us: stats.last_cycle_ms.map(us),
            theoretical_cycle_us: Some(us(stats.theoretical_cycle_ms)).filter(|us| *us > 0),
        }
    }
}

impl Link {
    fn of(state: LinkState, now: Now) -> Self {
        let seconds = |at: Now| now.tick.since(at.tick).0 / 1000;
        let ends = state.certificate_ends;
        Self {
            connected: state.version.is_some(),
            version: state.version,
            since: state.since.map(rfc_3339),
            since_s: state.since.map(seconds),
            last_answer_age_s: state.last_answer.map(seconds),
            connections: state.connections,
            failures: state.failures,
            trouble: state.trouble,
            certificate_ends: ends.map(|ends| ends.to_string()),
            certificate_left_s: ends.map(|ends| ends.as_second() - now.wall.0 / 1_000_000),
        }
    }
}

async fn journal(sources: &Sources, now: Now) -> Journal {
    let Ok(depth) = sources.store.depth().await else {
        return Journal::default();
    };
    let age_s = |made_us: i64| u64::try_from((now.wall.0 - made_us) / 1_000_000).unwrap_or(0);
    Journal {
        reports: Some(depth.reports),
        samples: Some(depth.samples),
        set_aside: Some(depth.set_aside),
        size_bytes: Store::size_bytes(&sources.data_dir),
        oldest_age_s: depth.oldest_us.map(age_s),
    }
}

fn known(measured: Measured<i64>) -> Option<i64> {
    measured.ok()
}

fn rfc_3339(at: Now) -> String {
    Timestamp::from_microsecond(at.wall.0)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}

fn ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

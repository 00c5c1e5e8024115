//! `denro trigger`: lets something happen in the simulated building.

use anyhow::Context;
use clap::ValueEnum;
use serde_json::{Value, json};

use super::target::Target;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// What happens
    #[arg(value_enum)]
    event: Event,
    /// Where: the name or the id of an outlet; the first one where left out
    #[arg(long, value_name = "OUTLET")]
    outlet: Option<String>,
    /// Of a car that plugs in: what it wants, in Wh
    #[arg(long, value_name = "WH", value_parser = clap::value_parser!(i64).range(1..))]
    need_wh: Option<i64>,
    #[command(flatten)]
    target: Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Event {
    /// A car comes
    PlugIn,
    /// The car goes
    Unplug,
    /// The breaker opens by itself
    Trip,
    /// Somebody at the panel resets the trip
    ResetTrip,
    /// The contacts never part again
    Weld,
    /// A new breaker
    Repair,
    /// The meter shows nonsense
    Garble,
    /// The meter is as it should be
    Mend,
    /// The whole panel loses its power
    CutPower,
    RestorePower,
    /// The controller is switched off
    Offline,
    Online,
}

/// Does it, and says so.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let client = options.target.client()?;
    let outlets = client.get("/v1/outlets?limit=200").await?;
    let outlet = find(&outlets, options.outlet.as_deref())?;
    let text = |key: &str| outlet.get(key).and_then(Value::as_str).unwrap_or_default();
    let (place, what) = match options.event {
        Event::PlugIn => ("outlets", "plug_in"),
        Event::Unplug => ("outlets", "unplug"),
        Event::Trip => ("outlets", "trip"),
        Event::ResetTrip => ("outlets", "reset_trip"),
        Event::Weld => ("outlets", "weld"),
        Event::Repair => ("outlets", "repair"),
        Event::Garble => ("outlets", "garble_meter"),
        Event::Mend => ("outlets", "mend_meter"),
        Event::CutPower => ("panels", "cut_power"),
        Event::RestorePower => ("panels", "restore_power"),
        Event::Offline => ("panels", "go_offline"),
        Event::Online => ("panels", "come_online"),
    };
    let (id, name) = match place {
        "outlets" => (text("id"), text("name")),
        _ => (text("controller_id"), "the whole panel"),
    };
    let mut body = json!({ "what": what });
    if let (Some(need_wh), Event::PlugIn) = (options.need_wh, options.event) {
        body = json!({ "what": what, "need_wh": need_wh });
    }
    let path = format!("/v1/sandbox/{place}/{id}/happenings");
    client.post(&path, &body).await?;
    let asked = options.event.to_possible_value();
    let asked = asked.map_or_else(|| what.to_owned(), |asked| asked.get_name().to_owned());
    foundation::cli::answer(&format!("{asked}: {name}"))
}

fn find<'a>(outlets: &'a Value, wanted: Option<&str>) -> anyhow::Result<&'a Value> {
    let all = outlets.get("data").and_then(Value::as_array);
    let is = |outlet: &Value, wanted: &str| {
        let says = |key: &str| outlet.get(key).and_then(Value::as_str) == Some(wanted);
        says("id") || says("name")
    };
    let mut all = all.into_iter().flatten();
    let found = all.find(|outlet| wanted.is_none_or(|wanted| is(outlet, wanted)));
    found.with_context(|| match wanted {
        Some(wanted) => format!("there is no outlet {wanted}"),
        None => "there is no outlet".to_owned(),
    })
}

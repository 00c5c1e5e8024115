//! How a charge went, as a picture.

use api_spec::rest::{MeterResolution, Session};
use foundation::Conn;

use super::super::chart;
use super::super::figures;
use super::super::place::Place;
use crate::error::Refusal;
use crate::operations::list_meter_values::{Asked, find_outlet, list_meter_values};

/// A charge lasts a day at most.
const MOST_VALUES: usize = 1500;

/// Its power minute by minute; `None` where there is too little to draw.
pub(super) fn curve(
    conn: &mut Conn,
    session: &Session,
    place: &Place,
    now_us: i64,
) -> Result<Option<String>, Refusal> {
    let Some(from) = session.energized_at else {
        return Ok(None);
    };
    let to_us = session.ended_at.map_or(now_us, |at| at.0);
    if to_us <= from.0 {
        return Ok(None);
    }
    let (meter, _) = find_outlet(conn, &place.site.tenant_id, &session.outlet_id)?;
    let asked = Asked {
        place: meter,
        zone: place.zone.clone(),
        from_us: from.0,
        to_us,
        resolution: MeterResolution::Minute,
        limit: MOST_VALUES,
        now_us,
    };
    let (values, _) = list_meter_values(conn, &asked)?;
    let watts = values.iter().filter_map(|value| {
        let millionths = value.voltage_mv?.saturating_mul(value.current_ma?);
        Some(millionths / 1_000_000)
    });
    let watts: Vec<i64> = watts.collect();
    let [first, last] = [from.0, to_us].map(|at| figures::clock(at, &place.zone));
    Ok((watts.len() > 2).then(|| chart::curve(&watts, [&first, &last])))
}

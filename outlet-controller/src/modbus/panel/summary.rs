//! A panel in one line, for whoever has just written its file.

use super::{BusLine, Outlet, Panel, Rtu, RtuOverTcp, Tcp, Transport, Walked};
use crate::modbus::plan::PlannedRead;

impl Panel {
    /// Outlets, buses with their units and periodic reads, and whether it is commissioned.
    pub fn summary(&self) -> String {
        let buses: Vec<String> = self
            .buses
            .iter()
            .enumerate()
            .map(|(place, bus)| self.bus_summary(place, bus))
            .collect();
        let commissioned = self.commissioned_summary();
        format!(
            "panel {} has {} outlets; {}; {commissioned}",
            self.name,
            self.outlets.len(),
            buses.join("; ")
        )
    }

    /// Who commissioned which outlets, and which ones are not closed from afar.
    pub(crate) fn commissioned_summary(&self) -> String {
        let Some(done) = &self.commissioned else {
            return "not commissioned: no breaker is closed from afar".to_owned();
        };
        let text = format!("commissioned {} by {}", done.at, done.by);
        let left_out = |outlet: &Outlet| {
            let why = match outlet.walked {
                Walked::Done => return None,
                Walked::Never => "not walked through",
                Walked::RewiredSince => "wired in another way since",
            };
            Some(format!("outlet {} ({why})", outlet.number))
        };
        let left_out: Vec<String> = self.outlets.iter().filter_map(left_out).collect();
        if left_out.is_empty() {
            return text;
        }
        let left_out = left_out.join(", ");
        format!("{text}; not closed from afar until commissioned again: {left_out}")
    }

    fn bus_summary(&self, place: usize, bus: &BusLine) -> String {
        let of_bus = |read: &&PlannedRead| read.unit.bus == place;
        let (fast, slow) = (&self.plan.fast, &self.plan.slow);
        let mut units: Vec<u8> = fast
            .iter()
            .chain(slow)
            .filter(of_bus)
            .map(|read| read.unit.id)
            .collect();
        units.sort_unstable();
        units.dedup();
        let address = match &bus.transport {
            Transport::Tcp(Tcp { host, port, .. }) => format!("Modbus TCP at {host}:{port}"),
            Transport::Rtu(Rtu { port, baud, .. }) => format!("RTU on {port} at {baud} baud"),
            Transport::RtuOverTcp(RtuOverTcp { host, port, .. }) => format!("RTU over TCP at {host}:{port}"),
        };
        format!(
            "bus {}, {address}: {} units, {} reads for each look, {} for all meters",
            bus.name,
            units.len(),
            fast.iter().filter(of_bus).count(),
            slow.iter().filter(of_bus).count()
        )
    }
}

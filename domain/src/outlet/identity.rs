//! Which breaker and which meter an outlet has: others than before begin anew.

use super::Outlet;
use super::life::Life;

impl Outlet {
    /// Which breaker switches the outlet. Another than before begins a count of operations of its own.
    pub fn know_breaker(&mut self, id: &str) {
        if self.breaker_id.as_deref() != Some(id) {
            self.life = Life::default();
            self.breaker_id = Some(id.to_owned());
        }
    }

    /// The serial number of the meter that is read from now on. Another than before is another meter, however near its
    /// register: what lies between the two registers is nobody's.
    pub fn know_meter(&mut self, serial: &str) {
        match self.serial.as_deref() {
            Some(known) if known == serial => self.meter.is_the_same(),
            Some(_) => self.meter.is_replaced(),
            None => {}
        }
        if self.serial.as_deref() != Some(serial) {
            self.serial = Some(serial.to_owned());
        }
    }
}

//! Modbus frames, written anew: Modbus TCP, RTU, and RTU through a gateway.

/// How requests and answers are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Tcp,
    Rtu,
    RtuOverTcp,
}

impl Framing {
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Rtu, Self::RtuOverTcp];

    /// Whether frames go as on a serial line: without a number, with a check sum.
    pub fn is_serial(self) -> bool {
        match self {
            Self::Tcp => false,
            Self::Rtu | Self::RtuOverTcp => true,
        }
    }

    /// The length of the first request in `bytes`, once it is there whole.
    pub fn whole(self, bytes: &[u8]) -> Option<usize> {
        let length = match self {
            Self::Tcp => 6 + usize::from(u16::from_be_bytes([*bytes.get(4)?, *bytes.get(5)?])),
            Self::Rtu | Self::RtuOverTcp => match bytes.get(1)? {
                15 | 16 => 9 + usize::from(*bytes.get(6)?),
                _ => 8,
            },
        };
        (bytes.len() >= length).then_some(length)
    }

    /// The transaction's number (0 where there is none), the unit, and the request itself.
    pub fn parts(self, frame: &[u8]) -> (u16, u8, &[u8]) {
        match self {
            Self::Tcp => (u16::from_be_bytes([frame[0], frame[1]]), frame[6], &frame[7..]),
            Self::Rtu | Self::RtuOverTcp => (0, frame[0], &frame[1..frame.len() - 2]),
        }
    }

    pub fn frame(self, label: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
        match self {
            Self::Tcp => {
                let length = u16::try_from(pdu.len() + 1).unwrap();
                let head = [label.to_be_bytes(), [0, 0], length.to_be_bytes()].concat();
                [&head, &[unit][..], pdu].concat()
            }
            Self::Rtu | Self::RtuOverTcp => {
                let body = [&[unit], pdu].concat();
                let check = check_sum(&body).to_le_bytes();
                [body, check.to_vec()].concat()
            }
        }
    }

    pub fn exception(self, label: u16, unit: u8, (function, code): (u8, u8)) -> Vec<u8> {
        self.frame(label, unit, &[function | 0x80, code])
    }

    /// Under this number; where there is none, with a wrong check sum.
    pub fn mislabelled(self, label: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
        let mut frame = self.frame(label, unit, pdu);
        if self.is_serial()
            && let Some(last) = frame.last_mut()
        {
            *last ^= 0x55;
        }
        frame
    }
}

/// CRC-16 as MODBUS over serial line V1.02, 6.2.2, has it.
fn check_sum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                (sum >> 1) ^ 0xa001
            } else {
                sum >> 1
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rtu_frame_has_the_check_sum_of_the_specification() {
        assert_eq!(Framing::Rtu.frame(0, 2, &[7]), [2, 7, 0x41, 0x12]);
    }
}

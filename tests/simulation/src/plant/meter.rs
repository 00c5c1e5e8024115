//! What meters show, and how they are wrong.

/// What a meter shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub register_wh: i64,
    pub voltage_mv: u64,
    pub current_ma: u64,
    pub power_w: i64,
}

/// How a meter is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Not a number, or the device's own marker for "invalid".
    Nan,
    AllOnes,
    Zero,
    Frozen,
    /// The register begins anew; it is right from then on.
    Reset,
    /// The current transformer is the wrong way round: power is negative, the register stands still.
    Reversed,
    WordsSwapped,
    /// A register far too high.
    Wild,
    /// Another meter of the same make has taken its place.
    Swapped,
}

impl Lie {
    /// Those that need nobody's hand.
    pub const ALL: [Self; 8] = [
        Self::Nan,
        Self::AllOnes,
        Self::Zero,
        Self::Frozen,
        Self::Reset,
        Self::Reversed,
        Self::WordsSwapped,
        Self::Wild,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Nan => "invalid values",
            Self::AllOnes => "all bits are one",
            Self::Zero => "all zero",
            Self::Frozen => "frozen",
            Self::Reset => "its register was reset",
            Self::Reversed => "reversed",
            Self::WordsSwapped => "words swapped",
            Self::Wild => "a register far too high",
            Self::Swapped => "another one",
        }
    }

    /// What is shown instead of the truth; `then`: what was true when the lie began.
    pub(super) fn bend(self, truth: View, then: View) -> View {
        match self {
            Self::Nan | Self::AllOnes | Self::WordsSwapped | Self::Reset => truth,
            Self::Zero => View {
                register_wh: 0,
                voltage_mv: 0,
                current_ma: 0,
                power_w: 0,
            },
            Self::Frozen => then,
            Self::Reversed => View {
                register_wh: then.register_wh,
                power_w: -truth.power_w,
                ..truth
            },
            Self::Wild => View {
                register_wh: truth.register_wh + 7_654_321,
                ..truth
            },
            Self::Swapped => View {
                register_wh: truth.register_wh + 54_321,
                ..truth
            },
        }
    }
}

fn halves(value: u32) -> [u16; 2] {
    [(value >> 16) as u16, value as u16]
}

fn wide(value: u32, lie: Option<Lie>) -> [u16; 2] {
    let [high, low] = halves(value);
    match lie {
        Some(Lie::AllOnes) => [0xffff, 0xffff],
        Some(Lie::WordsSwapped) => [low, high],
        _ => [high, low],
    }
}

fn float(value: f64, lie: Option<Lie>) -> [u16; 2] {
    match lie {
        Some(Lie::Nan) => halves(0x7fc0_0000),
        _ => wide((value as f32).to_bits(), lie),
    }
}

fn unsigned(value: u64, lie: Option<Lie>) -> [u16; 2] {
    match lie {
        Some(Lie::Nan) => [0xffff, 0xffff],
        _ => wide(value as u32, lie),
    }
}

fn signed(value: i64, lie: Option<Lie>) -> [u16; 2] {
    match lie {
        Some(Lie::Nan) => halves(0x7fff_ffff),
        _ => wide(value as u32, lie),
    }
}

impl View {
    /// Eastron SDM120: floats, energy in kWh.
    pub(super) fn sdm120(self, lie: Option<Lie>, addr: u16) -> u16 {
        let value = match addr & !1 {
            0x00 => float(self.voltage_mv as f64 / 1000.0, lie),
            0x06 => float(self.current_ma as f64 / 1000.0, lie),
            0x0c => float(self.power_w as f64, lie),
            0x46 => float(50.0, lie),
            0x48 => float(self.register_wh as f64 / 1000.0, lie),
            _ => [0, 0],
        };
        value[usize::from(addr & 1)]
    }

    /// Omron KM-N: 32-bit integers, energy in Wh.
    pub(super) fn kmn(self, lie: Option<Lie>, addr: u16) -> u16 {
        let value = match addr & !1 {
            0x000 => signed((self.voltage_mv / 100) as i64, lie),
            0x006 => signed(self.current_ma as i64, lie),
            0x00e => signed(500, lie),
            0x010 => signed(self.power_w * 10, lie),
            0x200 => unsigned(self.register_wh as u64, lie),
            _ => [0, 0],
        };
        value[usize::from(addr & 1)]
    }

    /// One circuit of the multi-circuit meter, ten registers.
    pub(super) fn circuit(self, lie: Option<Lie>, offset: u16) -> u16 {
        let ones = matches!(lie, Some(Lie::Nan | Lie::AllOnes));
        let energy = self.register_wh as u64;
        let (high, low) = ((energy >> 32) as u32, energy as u32);
        match offset {
            0 if ones => 0xffff,
            0 => (self.voltage_mv / 100) as u16,
            1 => 5000,
            2 | 3 => unsigned(self.current_ma, lie)[usize::from(offset - 2)],
            4 | 5 => signed(self.power_w * 10, lie)[usize::from(offset - 4)],
            6..=9 if ones => 0xffff,
            6 | 7 => wide(high, lie)[usize::from(offset - 6)],
            8 | 9 => wide(low, lie)[usize::from(offset - 8)],
            _ => 0,
        }
    }
}

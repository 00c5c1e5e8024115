//! How labels lie on a sheet: data, in tenths of a millimetre.

/// Where labels are on a sheet of A4, upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// What it is asked for by: how wide and how high a label is, in mm.
    pub(crate) name: &'static str,
    columns: u32,
    rows: u32,
    /// The first label's corner.
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    /// From one label's corner to the next one's.
    across: u32,
    down: u32,
}

/// Every layout that can be asked for.
const ALL: [Layout; 3] = [
    // Four of A6.
    Layout {
        name: "105x148",
        columns: 2,
        rows: 2,
        left: 0,
        top: 0,
        width: 1050,
        height: 1485,
        across: 1050,
        down: 1485,
    },
    // Eight of A7, on their sides.
    Layout {
        name: "105x74",
        columns: 2,
        rows: 4,
        left: 0,
        top: 1,
        width: 1050,
        height: 742,
        across: 1050,
        down: 742,
    },
    // Eight with a margin and a gap between the columns.
    Layout {
        name: "99x67",
        columns: 2,
        rows: 4,
        left: 46,
        top: 131,
        width: 991,
        height: 677,
        across: 1016,
        down: 677,
    },
];

/// How far a printer prints beside the place, in tenths of a millimetre: to the right and down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offset {
    pub(crate) right: i32,
    pub(crate) down: i32,
}

/// A label's corner and size in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Layout {
    /// The layout of that name; the names that there are where there is none.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let found = ALL.into_iter().find(|layout| layout.name == name);
        found.ok_or_else(|| ALL.map(|layout| layout.name).join(", "))
    }

    /// Labels of a sheet.
    pub(crate) fn labels(&self) -> u32 {
        self.columns * self.rows
    }

    /// The place of a label, counted from 0, row by row.
    pub(super) fn place(&self, number: u32, offset: Offset) -> Place {
        let (column, row) = (number % self.columns, number / self.columns);
        Place {
            left: mm(self.left + column * self.across) + offset.right as f32 / 10.0,
            top: mm(self.top + row * self.down) + offset.down as f32 / 10.0,
            width: mm(self.width),
            height: mm(self.height),
        }
    }
}

fn mm(tenths: u32) -> f32 {
    tenths as f32 / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_lies_on_the_sheet_and_beside_the_others() {
        for layout in ALL {
            let places: Vec<Place> = (0..layout.labels())
                .map(|number| layout.place(number, Offset::default()))
                .collect();
            for (number, place) in places.iter().enumerate() {
                let (right, bottom) = (place.left + place.width, place.top + place.height);
                assert!(right <= 210.05 && bottom <= 297.05, "{}: {place:?}", layout.name);
                for other in &places[..number] {
                    let beside = other.left + other.width <= place.left + 0.01;
                    let above = other.top + other.height <= place.top + 0.01;
                    let before = other.left >= place.left + place.width - 0.01;
                    assert!(beside || above || before, "{}: {place:?} {other:?}", layout.name);
                }
            }
            let named = format!("{:.0}x{:.0}", places[0].width.floor(), places[0].height.floor());
            assert_eq!(named, layout.name);
        }
    }
}

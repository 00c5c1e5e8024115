//! Tables of registers and what they mean.

use domain::observation::Measured;
use domain::observation::Unusable::{Invalid, OutOfRange, Silent};

use super::*;

fn point(quantity: Quantity, text: &str) -> Result<Point, Fault> {
    let wide = if text.contains("range") {
        ""
    } else {
        "\nrange = [-1e18, 1e18]"
    };
    let text = format!("area = \"holding\"\naddr = 0\n{text}{wide}");
    let file: PointFile = toml::from_str(&text).unwrap();
    file.resolve(quantity)
}

fn energy(text: &str) -> Format {
    point(Quantity::EnergyImport, text).unwrap().format
}

#[test]
fn words_are_joined_in_every_order() {
    #[rustfmt::skip]
    let table: [(&str, &[u16], u64); 10] = [
        ("type='u32'\norder='ABCD'", &[0x1122, 0x3344], 0x1122_3344),
        ("type='u32'\norder='CDAB'", &[0x3344, 0x1122], 0x1122_3344),
        ("type='u32'\norder='BADC'", &[0x2211, 0x4433], 0x1122_3344),
        ("type='u32'\norder='DCBA'", &[0x4433, 0x2211], 0x1122_3344),
        ("type='u64'\norder='ABCD'", &[1, 2, 3, 4], 0x0001_0002_0003_0004),
        ("type='u64'\norder='CDAB'", &[4, 3, 2, 1], 0x0001_0002_0003_0004),
        ("type='u64'\norder='BADC'", &[0x0100, 0x0200, 0x0300, 0x0400], 0x0001_0002_0003_0004),
        ("type='u64'\norder='DCBA'", &[0x0400, 0x0300, 0x0200, 0x0100], 0x0001_0002_0003_0004),
        ("type='u16'", &[0xABCD], 0xABCD),
        ("type='u16'\norder='DCBA'", &[0xABCD], 0xCDAB),
    ];
    for (text, words, bits) in table {
        assert_eq!(
            energy(&format!("{text}\nunit='Wh'")).bits(words),
            Some(bits),
            "{text}"
        );
    }
}

#[test]
fn every_type_becomes_watt_hours() {
    let f64_words = |value: f64| -> Vec<u16> {
        (0..4)
            .rev()
            .map(|place| (value.to_bits() >> (16 * place)) as u16)
            .collect()
    };
    let f32_words = |value: f32| -> Vec<u16> { vec![(value.to_bits() >> 16) as u16, value.to_bits() as u16] };
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<u16>, Measured<i64>)> = vec![
        ("type='u16'\nunit='Wh'", vec![0xFFFF], Ok(65_535)),
        ("type='i16'\nunit='Wh'", vec![0xFFFF], Ok(-1)),
        ("type='i16'\nunit='Wh'\ncounter=true", vec![0xFFFF], Err(OutOfRange)),
        ("type='u32'\nunit='kWh'\nscale=0.01", vec![0x0001, 0x0000], Ok(655_360)),
        ("type='i32'\nunit='Wh'", vec![0xFFFF, 0xFFFE], Ok(-2)),
        ("type='u32'\nunit='Wh'\nscale=0.1", vec![0, 15], Ok(2)),
        ("type='i32'\nunit='Wh'\nscale=0.1", vec![0xFFFF, 0xFFF1], Ok(-2)),
        ("type='u64'\nunit='Wh'", vec![0x0020, 0, 0, 1], Ok(9_007_199_254_740_993)),
        ("type='u64'\nunit='Wh'", vec![0xFFFF; 4], Err(OutOfRange)),
        ("type='i64'\nunit='kWh'", vec![0x7FFF; 4], Err(OutOfRange)),
        ("type='u64'\nunit='Wh'\ninvalid=['0xFFFFFFFFFFFFFFFF']", vec![0xFFFF; 4], Err(Invalid)),
        ("type='u32'\nunit='Wh'\norder='CDAB'\ninvalid=['0x7FFF0000']", vec![0, 0x7FFF], Err(Invalid)),
        ("type='f32'\nunit='kWh'", f32_words(1234.567), Ok(1_234_567)),
        ("type='f32'\nunit='kWh'", f32_words(0.0005), Ok(1)),
        ("type='f32'\nunit='Wh'", f32_words(f32::NAN), Err(Invalid)),
        ("type='f32'\nunit='Wh'", vec![0xFFC0, 0], Err(Invalid)),
        ("type='f32'\nunit='Wh'", f32_words(f32::INFINITY), Err(Invalid)),
        ("type='f32'\nunit='kWh'", f32_words(f32::MAX), Err(OutOfRange)),
        ("type='f64'\nunit='kWh'", f64_words(16_384.001), Ok(16_384_001)),
        ("type='u32'\nunit='Wh'", vec![1], Err(Silent)),
        ("type='u32'\nunit='Wh'", vec![1, 2, 3], Err(Silent)),
    ];
    for (text, words, expected) in table {
        assert_eq!(energy(text).decode(&words), expected, "{text} {words:04X?}");
    }
}

#[test]
fn a_scale_factor_register_moves_the_decimal_point() {
    let exact = "type='u32'\nunit='Wh'\nscale_from=54\ninvalid=['0x0']\ncounter=true";
    let float = "type='f32'\nunit='Wh'";
    #[rustfmt::skip]
    let table: [(&str, &[u16], i8, Measured<i64>); 8] = [
        (exact, &[0, 1234], 0, Ok(1234)),
        (exact, &[0, 1234], 2, Ok(123_400)),
        (exact, &[0, 1234], -2, Ok(12)),
        (exact, &[0, 1250], -2, Ok(13)),
        (exact, &[0xFFFF, 0xFFFF], 10, Err(OutOfRange)),
        (exact, &[0, 0], 2, Err(Invalid)),
        (float, &[0x41C8, 0], -1, Ok(3)),
        (float, &[0x41C8, 0], 3, Ok(25_000)),
    ];
    for (text, words, exponent, expected) in table {
        assert_eq!(
            energy(text).decode_scaled(words, exponent),
            expected,
            "{text} {words:04X?}"
        );
    }
    assert_eq!(point(Quantity::EnergyImport, exact).unwrap().scale_from, Some(54));
    #[rustfmt::skip]
    let exponents = [(0, Ok(0)), (2, Ok(2)), (0xFFFE, Ok(-2)), (0x8000, Err(Invalid)), (11, Err(OutOfRange)), (0xFF00, Err(OutOfRange))];
    for (word, expected) in exponents {
        assert_eq!(exponent(word), expected, "{word:04X}");
    }
}

#[test]
fn a_range_is_in_the_unit_of_the_file_and_includes_its_ends() {
    let voltage = point(
        Quantity::Voltage,
        "type='u16'\nunit='V'\nscale=0.1\nrange=[0, 300]",
    )
    .unwrap();
    for (word, expected) in [(2021, Ok(202_100)), (3000, Ok(300_000)), (3001, Err(OutOfRange))] {
        assert_eq!(voltage.format.decode(&[word]), expected);
    }
    let power = point(Quantity::Power, "type='i16'\nunit='kW'\nscale=0.01").unwrap();
    assert_eq!(power.format.decode(&[(-123i16) as u16]), Ok(-1230));
}

#[test]
fn every_float32_kwh_up_to_the_end_of_its_exact_range_rounds_to_its_own_watt_hour() {
    let format = energy("type='f32'\nunit='kWh'");
    for wh in (0..8_000_000i64).step_by(997) {
        let bits = (wh as f64 / 1000.0) as f32;
        let words = [(bits.to_bits() >> 16) as u16, bits.to_bits() as u16];
        assert_eq!(format.decode(&words), Ok(wh));
    }
}

#[test]
fn a_bad_point_is_refused_with_its_key() {
    #[rustfmt::skip]
    let table = [
        ("type='u16'\nunit='A'", "unit", "found A, allowed here: Wh, kWh"),
        ("type='u16'\nunit='Wh'\nscale=0.0", "scale", "found 0, allowed: not 0, at most 9 decimal places"),
        ("type='u16'\nunit='Wh'\nscale=nan", "scale", "found NaN, allowed: not 0, at most 9 decimal places"),
        ("type='u16'\nunit='Wh'\nscale=0.3333333333333", "scale", "found 0.3333333333333, allowed: not 0, at most 9 decimal places"),
        ("type='u16'\nunit='Wh'\nrange=[5, 1]", "range", "found [5, 1], allowed: [low, high]"),
        ("type='u16'\nunit='Wh'\ninvalid=['nan']", "invalid", "found \"nan\", allowed only for f32 and f64"),
        ("type='u16'\nunit='Wh'\ninvalid=['0x10000']", "invalid", "found 0x10000, which is wider than 16 bits"),
        ("type='u16'\nunit='Wh'\nresolution=0.0", "resolution", "found 0, allowed: above 0, at most 10000 Wh"),
        ("type='u16'\nunit='kWh'\nresolution=11.0", "resolution", "found 11, allowed: above 0, at most 10000 Wh"),
        ("type='u16'\nunit='Wh'\nmax_power_w=0", "max_power_w", "found 0, allowed: 1 to 100000000"),
    ];
    for (text, key, problem) in table {
        assert_eq!(
            point(Quantity::EnergyImport, text),
            Err(Fault::new(key, problem)),
            "{text}"
        );
    }
}

#[test]
fn a_step_is_rounded_up_to_whole_units() {
    for (step, expected) in [(0.2, 1), (1.0, 1), (1.2, 2), (0.07 * 100.0, 7), (10.0, 10)] {
        assert_eq!(whole_steps(step), expected, "{step}");
    }
}

//! The symbol as PNG: one bit for each dot, and how large a dot is printed.

use png::{BitDepth, ColorType, Encoder, PixelDimensions, Unit};

use crate::http::problems::ApiError;
use crate::papers::symbol::Symbol;

const DOTS_PER_M: u32 = 11_811;

pub(super) fn draw(symbol: &Symbol, size_mm: u32) -> Result<Vec<u8>, ApiError> {
    let modules = u32::try_from(symbol.width()).unwrap_or(u32::MAX);
    // Whole dots for each module; what that adds or takes, the size of a dot makes good.
    let scale = (size_mm * DOTS_PER_M / 1_000 / modules).max(1);
    let side = modules * scale;
    let dots_per_m = side * 1_000 / size_mm;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.set_pixel_dims(Some(PixelDimensions {
        xppu: dots_per_m,
        yppu: dots_per_m,
        unit: Unit::Meter,
    }));
    let failed = |error: png::EncodingError| ApiError::internal(&error);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer
        .write_image_data(&dots(symbol, scale as usize))
        .map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

/// Row by row, eight dots to a byte, the leftmost first; white is 1.
fn dots(symbol: &Symbol, scale: usize) -> Vec<u8> {
    let side = symbol.width() * scale;
    let mut dots = Vec::with_capacity(side * side.div_ceil(8));
    for y in 0..side {
        for left in (0..side).step_by(8) {
            let white = |bit: usize| {
                let x = left + bit;
                x < side && !symbol.is_dark(x / scale, y / scale)
            };
            dots.push((0..8).fold(0, |byte, bit| byte << 1 | u8::from(white(bit))));
        }
    }
    dots
}

//! Pictures: upright, no larger than models look at, and nothing in them but what one sees.

use crate::{PrepareError, Prepared};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The long edge, in pixels, above which vendors make a picture smaller themselves (Anthropic's documentation on vision).
const EDGE: u32 = 1568;
/// What unpacking one may take, in bytes.
const UNPACKED: u64 = 256 << 20;
const SIDE: u32 = 20_000;
const QUALITY: u8 = 85;

pub(crate) fn read(bytes: &[u8], format: ImageFormat) -> Result<Prepared, PrepareError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(UNPACKED);
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE), Some(SIDE));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    picture.apply_orientation(orientation);
    if picture.width().max(picture.height()) > EDGE {
        picture = picture.resize(EDGE, EDGE, image::imageops::FilterType::CatmullRom);
    }
    let (width, height) = (picture.width(), picture.height());
    let (media_type, data) = write(picture, format).map_err(refused)?;
    Ok(Prepared::Picture { media_type, data, width, height })
}

/// Photographs as JPEG; what has sharp edges or is seen through as PNG.
fn write(picture: DynamicImage, format: ImageFormat) -> Result<(&'static str, Vec<u8>), ImageError> {
    let mut data = Vec::new();
    if picture.color().has_alpha() || !matches!(format, ImageFormat::Jpeg | ImageFormat::WebP) {
        picture.write_to(&mut Cursor::new(&mut data), ImageFormat::Png)?;
        return Ok(("image/png", data));
    }
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut data, QUALITY))?;
    Ok(("image/jpeg", data))
}

fn refused(error: ImageError) -> PrepareError {
    match error {
        ImageError::Limits(_) => PrepareError::TooLarge,
        ImageError::Unsupported(_) => PrepareError::Unknown,
        error => PrepareError::Damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::{PrepareError, Prepared, prepare};
    use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
    use std::io::Cursor;

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    fn size(prepared: Result<Prepared, PrepareError>) -> (&'static str, u32, u32, Vec<u8>) {
        match prepared {
            Ok(Prepared::Picture { media_type, data, width, height }) => (media_type, width, height, data),
            other => panic!("no picture: {other:?}"),
        }
    }

    #[test]
    fn a_large_one_is_made_small_and_keeps_its_shape() {
        let picture = DynamicImage::ImageRgb8(RgbImage::new(4000, 1000));
        let (media_type, width, height, data) = size(prepare(file(&picture, ImageFormat::Png)));
        assert_eq!((media_type, width, height), ("image/png", 1568, 392));
        assert_eq!(image::load_from_memory(&data).unwrap().width(), 1568);
        let small = DynamicImage::ImageRgba8(RgbaImage::new(3, 5));
        assert_eq!(size(prepare(file(&small, ImageFormat::WebP))).0, "image/png", "one can see through it");
    }

    /// A JPEG with an EXIF segment that has an orientation (turned by a quarter) and a note in it.
    fn turned(note: &str) -> Vec<u8> {
        let plain = file(&DynamicImage::ImageRgb8(RgbImage::new(40, 20)), ImageFormat::Jpeg);
        let mut tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        tiff.extend(note.as_bytes());
        let mut bytes = plain[..2].to_vec();
        bytes.extend([0xff, 0xe1]);
        bytes.extend(u16::try_from(tiff.len() + 2).unwrap().to_be_bytes());
        bytes.extend(tiff);
        bytes.extend(&plain[2..]);
        bytes
    }

    #[test]
    fn it_stands_upright_and_what_the_camera_wrote_is_gone() {
        let note = "GPS 52.52 13.40";
        let bytes = turned(note);
        assert!(bytes.windows(note.len()).any(|window| window == note.as_bytes()));
        let (media_type, width, height, data) = size(prepare(bytes));
        assert_eq!((media_type, width, height), ("image/jpeg", 20, 40));
        assert!(!data.windows(note.len()).any(|window| window == note.as_bytes()));
        assert!(!data.windows(4).any(|window| window == b"Exif"));
    }

    #[test]
    fn a_damaged_one_and_one_that_unpacks_without_end_are_refused() {
        let whole = file(&DynamicImage::ImageRgb8(RgbImage::new(64, 64)), ImageFormat::Png);
        for end in [9, 20, 40, whole.len() / 2] {
            assert!(matches!(prepare(whole[..end].to_vec()), Err(PrepareError::Damaged(_))), "{end}");
        }
        // The head of a PNG that says it is 60,000 pixels wide and high.
        let mut bomb = whole;
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        assert!(prepare(bomb).is_err());
    }
}

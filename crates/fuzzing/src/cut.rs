//! Cutting bytes into pieces, as a network does.

/// Numbers that look random and depend on the bytes alone, so that a find can be played again.
pub struct Dice(u64);

impl Dice {
    pub fn of(bytes: &[u8]) -> Self {
        // FNV-1a.
        Self(
            bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
            }),
        )
    }

    pub fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

/// The bytes in pieces, some of them of a single byte.
pub fn pieces<'a>(mut bytes: &'a [u8], dice: &mut Dice) -> Vec<&'a [u8]> {
    let longest = [1, 3, 16, 64][dice.roll(4)];
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at((1 + dice.roll(longest)).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

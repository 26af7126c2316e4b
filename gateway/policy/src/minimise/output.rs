//! Writing: varints, and lengths that are known only when what they measure has been written.

/// Bytes that a varint takes.
pub(super) fn varint_length(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

pub(super) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A length that is set later; what it measures begins behind the reserved bytes.
#[derive(Clone, Copy)]
#[must_use]
pub(super) struct Length {
    at: usize,
    reserved: usize,
}

impl Length {
    /// Reserves what a body of `expected` bytes would need.
    pub(super) fn reserve(out: &mut Vec<u8>, expected: usize) -> Self {
        let (at, reserved) = (out.len(), varint_length(expected as u64));
        out.resize(at + reserved, 0);
        Self { at, reserved }
    }

    /// Writes the length of all that was written since. Transforms may have made it longer than expected.
    pub(super) fn set(self, out: &mut Vec<u8>) {
        let mut body = out.len() - self.at - self.reserved;
        let needed = varint_length(body as u64);
        if needed < self.reserved {
            out.drain(self.at..self.at + (self.reserved - needed));
        } else if needed > self.reserved {
            out.splice(self.at..self.at, std::iter::repeat_n(0, needed - self.reserved));
        }
        for (position, byte) in out.iter_mut().skip(self.at).take(needed).enumerate() {
            let more = if position + 1 < needed { 0x80 } else { 0 };
            *byte = (body & 0x7f) as u8 | more;
            body >>= 7;
        }
    }

    /// Whether nothing was written since.
    pub(super) fn is_empty(self, out: &[u8]) -> bool {
        out.len() == self.at + self.reserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_shrink_and_grow() {
        for (expected, written) in [(0, 0), (5, 5), (300, 5), (5, 300), (20_000, 100), (1, 20_000)] {
            let mut out = vec![0xaa];
            let length = Length::reserve(&mut out, expected);
            assert!(length.is_empty(&out));
            out.resize(out.len() + written, 7);
            length.set(&mut out);
            let mut wanted = vec![0xaa];
            write_varint(&mut wanted, written as u64);
            wanted.resize(wanted.len() + written, 7);
            assert_eq!(out, wanted, "{expected} expected, {written} written");
        }
    }
}

//! The search for the n-th delimiter, the innermost loop of every read.
//!
//! Fields are a few bytes long, so a call of `memchr` for each costs more than the bytes it passes over; here
//! eight bytes are compared at a time and only the words that hold a delimiter are looked at closer.

const LOW_BITS: u64 = u64::from_ne_bytes([0x7F; 8]);
const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// The offset of the delimiter of this number (from 1); else how many there are.
pub(super) fn nth(bytes: &[u8], delimiter: u8, number: usize) -> Result<usize, usize> {
    let pattern = u64::from_le_bytes([delimiter; 8]);
    let mut left = number;
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let differing = u64::from_le_bytes(*word) ^ pattern;
        // The highest bit of each byte that does not differ.
        let mut hits = !(((differing & LOW_BITS) + LOW_BITS) | differing | LOW_BITS);
        let count = ((hits >> 7).wrapping_mul(ONES) >> 56) as usize;
        if count < left {
            left -= count;
            continue;
        }
        for _ in 1..left {
            hits &= hits.wrapping_sub(1);
        }
        return Ok(index * 8 + hits.trailing_zeros() as usize / 8);
    }
    for (index, &byte) in tail.iter().enumerate() {
        if byte == delimiter {
            left -= 1;
            if left == 0 {
                return Ok(words.len() * 8 + index);
            }
        }
    }
    Err(number - left)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(text in "[|a\u{80}\u{ff}\u{0}]{0,40}", number in 1..45usize) {
            let places: Vec<usize> = text.bytes().enumerate().filter(|(_, byte)| *byte == b'|').map(|(at, _)| at).collect();
            prop_assert_eq!(nth(text.as_bytes(), b'|', number), places.get(number - 1).copied().ok_or(places.len()));
        }
    }
}

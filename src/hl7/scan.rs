//! The search for delimiters, the innermost loop of every read.
//!
//! Where characters hide bytes that look like delimiters, the search passes over them character by character.
//! Everywhere else fields are a few bytes long, so a call of `memchr` for each costs more than the bytes it passes
//! over; whole blocks are counted, and only the words of the block that holds the delimiter are looked at closer.

use memchr::memchr_iter;

use super::charset::Multibyte;

/// Bytes counted at a time; the compiler makes a few vector instructions of it.
const BLOCK: usize = 32;
const LOW_BITS: u64 = u64::from_ne_bytes([0x7F; 8]);
const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// The offset of the first delimiter.
pub(super) fn first(bytes: &[u8], delimiter: u8, multibyte: Option<Multibyte>) -> Option<usize> {
    match multibyte {
        None => nth_byte(bytes, delimiter, 1).ok(),
        Some(multibyte) => places(bytes, delimiter, multibyte).next(),
    }
}

/// The offset of the delimiter of this number (from 1); else how many there are.
pub(super) fn nth(
    bytes: &[u8],
    delimiter: u8,
    number: usize,
    multibyte: Option<Multibyte>,
) -> Result<usize, usize> {
    let Some(multibyte) = multibyte else {
        return nth_byte(bytes, delimiter, number);
    };
    let mut count = 0;
    let found = places(bytes, delimiter, multibyte)
        .inspect(|_| count += 1)
        .nth(number.saturating_sub(1));
    found.ok_or(count)
}

/// How many delimiters there are.
pub(super) fn count(bytes: &[u8], delimiter: u8, multibyte: Option<Multibyte>) -> usize {
    match multibyte {
        None => memchr_iter(delimiter, bytes).count(),
        Some(multibyte) => places(bytes, delimiter, multibyte).count(),
    }
}

fn places(bytes: &[u8], delimiter: u8, multibyte: Multibyte) -> impl Iterator<Item = usize> {
    let plain = multibyte.plain(bytes);
    plain.filter_map(move |(place, byte)| (byte == delimiter).then_some(place))
}

fn nth_byte(bytes: &[u8], delimiter: u8, number: usize) -> Result<usize, usize> {
    let mut left = number;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for (index, block) in blocks.iter().enumerate() {
        let count = block
            .iter()
            .fold(0u8, |count, byte| count + u8::from(*byte == delimiter));
        if usize::from(count) < left {
            left -= usize::from(count);
            continue;
        }
        return nth_in_words(block, delimiter, left).map(|offset| index * BLOCK + offset);
    }
    match nth_in_words(rest, delimiter, left) {
        Ok(offset) => Ok(blocks.len() * BLOCK + offset),
        Err(count) => Err(number - left + count),
    }
}

/// The same in a few words.
fn nth_in_words(bytes: &[u8], delimiter: u8, number: usize) -> Result<usize, usize> {
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
        fn finds_what_a_plain_search_finds(text in "[|a\u{80}\u{ff}\u{0}]{0,140}", number in 1..99usize) {
            let places: Vec<usize> = text.bytes().enumerate().filter(|(_, byte)| *byte == b'|').map(|(at, _)| at).collect();
            prop_assert_eq!(nth(text.as_bytes(), b'|', number, None), places.get(number - 1).copied().ok_or(places.len()));
        }
    }
}

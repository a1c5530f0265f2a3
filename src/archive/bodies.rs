//! The bodies of a message as one value: the frame as received and all that was made of it, packed together.
//!
//! What a route makes of a message is mostly the message: packed behind it, it costs little more than its changes.
//! A checksum over all of it is kept beside, since SQLite has none.

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor, DecompressionError, Decompressor};

/// How hard it is packed: more gains a few hundredths and costs half as much time again.
const LEVEL: i32 = 1;
/// What packed bytes hardly ever become more than, each.
const UNPACKED_PER_BYTE: usize = 16;
/// The first byte: how the rest is kept.
const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;

/// Packs bodies. What it needs for that is made once.
pub(super) struct Packer(Compressor);

impl Default for Packer {
    fn default() -> Packer {
        let level = CompressionLvl::new(LEVEL).expect("there is such a level");
        Packer(Compressor::new(level))
    }
}

impl Packer {
    /// The value of these bodies, the frame first.
    pub(super) fn pack(&mut self, raw: &[u8], results: &[Bytes]) -> Vec<u8> {
        let mut all = Vec::with_capacity(raw.len() + results.iter().map(Bytes::len).sum::<usize>());
        all.extend_from_slice(raw);
        for result in results {
            all.extend_from_slice(result);
        }
        let mut deflated = vec![0; all.len()];
        let (form, kept) = match self.0.deflate_compress(&all, &mut deflated) {
            Ok(length) if length < all.len() => {
                deflated.truncate(length);
                (DEFLATED, &deflated)
            }
            // There is not as much room as it would take.
            Ok(_) | Err(_) => (PLAIN, &all),
        };
        let mut packed = Vec::with_capacity(kept.len() + 16 + 5 * results.len());
        packed.push(form);
        packed.extend_from_slice(&crc32fast::hash(&all).to_be_bytes());
        put_length(results.len(), &mut packed);
        put_length(raw.len(), &mut packed);
        for result in results {
            put_length(result.len(), &mut packed);
        }
        packed.extend_from_slice(kept);
        packed
    }
}

/// The bodies, the frame first; `None` when they are not as they were written.
pub(super) fn unpack(packed: &[u8]) -> Option<Vec<Bytes>> {
    let (form, mut rest) = packed.split_first()?;
    let checksum = u32::from_be_bytes(*rest.split_off(..4)?.first_chunk()?);
    let results = length(&mut rest)?;
    // No more lengths than there are bytes to hold them.
    let mut lengths = Vec::with_capacity(results.min(rest.len()) + 1);
    for _ in 0..=results {
        lengths.push(length(&mut rest)?);
    }
    let total = lengths
        .iter()
        .try_fold(0_usize, |total, length| total.checked_add(*length))?;
    let all = match *form {
        PLAIN => rest.to_vec(),
        DEFLATED => inflated(rest, total)?,
        _ => return None,
    };
    if all.len() != total || crc32fast::hash(&all) != checksum {
        return None;
    }
    let mut all = Bytes::from(all);
    Some(lengths.into_iter().map(|length| all.split_to(length)).collect())
}

/// So many bytes of these. The number stands under no checksum: room is made for what they become, not for what it says.
fn inflated(packed: &[u8], total: usize) -> Option<Vec<u8>> {
    let mut inflater = Decompressor::new();
    let mut room = packed.len().saturating_mul(UNPACKED_PER_BYTE).min(total);
    loop {
        let mut all = vec![0; room];
        match inflater.deflate_decompress(packed, &mut all) {
            Ok(length) => return (length == total).then_some(all),
            Err(DecompressionError::InsufficientSpace) if room < total => {
                room = room.saturating_mul(4).min(total);
            }
            Err(_) => return None,
        }
    }
}

/// Seven bits a byte, the lowest first.
fn put_length(length: usize, out: &mut Vec<u8>) {
    let mut rest = length;
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

fn length(rest: &mut &[u8]) -> Option<usize> {
    let mut length = 0_usize;
    for shift in (0..35).step_by(7) {
        let byte = *rest.split_off_first()?;
        length |= usize::from(byte & 0x7F).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(raw: &[u8], results: &[Bytes]) -> Vec<u8> {
        Packer::default().pack(raw, results)
    }

    const MESSAGE: &[u8] = b"MSH|^~\\&|EHR|NORTH|LAB|SOUTH|20260301080509||ADT^A01^ADT_A01|4711|P|2.5.1\r\
        EVN|A01|20260301080500|||MILLER^ANN\r\
        PID|1||123456^^^NORTH^MR||DOE^JOHN^^^^^L||19700101|M|||1 HIGH STREET^^NORTHTOWN^^12345||5550101\r\
        PV1|1|I|NORTH^101^1^NORTH|E|||0042^MILLER^ANN^^^DR|0043^MILLER^JOHN^^^DR||MED||||1|||0042^MILLER^ANN^^^DR|I\r";

    #[test]
    fn a_result_costs_little_more_than_its_changes() {
        let changed = Bytes::from(String::from_utf8_lossy(MESSAGE).replace("DOE", "ROE"));
        let (alone, both) = (packed(MESSAGE, &[]), packed(MESSAGE, &[changed]));
        assert!(alone.len() < MESSAGE.len(), "{} bytes", alone.len());
        assert!(
            both.len() < alone.len() + 30,
            "{} and {}",
            alone.len(),
            both.len()
        );
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let packed = packed(MESSAGE, &[Bytes::from_static(b"MSH|^~\\&|X")]);
        let good = unpack(&packed).unwrap();
        for bit in 0..packed.len() * 8 {
            let mut flipped = packed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // A bit that says nothing (the padding of the last byte) may flip.
            assert!(unpack(&flipped).is_none_or(|bodies| bodies == good), "bit {bit}");
        }
        for end in 0..packed.len() {
            assert!(unpack(&packed[..end]).is_none(), "cut at {end}");
        }
    }

    #[test]
    fn what_packs_well_comes_back_and_a_length_that_is_not_true_is_seen() {
        let raw = vec![b'x'; 5_000_000];
        let packed = packed(&raw, &[]);
        assert!(packed.len() < 10_000);
        assert!(unpack(&packed).unwrap() == [raw]);
        // Form, checksum, no results, and then its length: more than there is.
        let mut longer = packed.clone();
        longer.splice(6..10, [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]);
        assert_eq!(unpack(&longer), None);
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..5)) {
            let bodies: Vec<Bytes> = bodies.into_iter().map(Bytes::from).collect();
            let (raw, results) = bodies.split_first().unwrap();
            prop_assert_eq!(unpack(&packed(raw, results)), Some(bodies));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(unpack(&bytes).is_none_or(|bodies| !bodies.is_empty()));
        }
    }
}

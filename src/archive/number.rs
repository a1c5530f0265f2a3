//! The numbers of the archive: a message's number in its outbox, behind the number of the outbox.
//!
//! An archive outlives the outbox that fed it, and the next outbox counts from 1 again. The first outbox has
//! generation 0, so that as long as there is only one, the archive's numbers are the outbox's own.

use super::ArchiveError;

/// How many numbers an outbox has: a thousand a second for three hundred years. All numbers of 900 outboxes fit what
/// a program reading JSON can hold exactly.
const GENERATION: u64 = 10_000_000_000_000;
/// The index is kept in buckets of so many numbers, as a power of two: see `schema.rs`.
const BUCKET_BITS: u32 = 16;

/// The number in the archive, of a message or a delivery.
pub(super) fn of(generation: i64, sequence: u64) -> Result<i64, ArchiveError> {
    let too_large = || ArchiveError::TooLarge {
        what: "number",
        number: sequence,
    };
    let generation = u64::try_from(generation).map_err(|_| too_large())?;
    if sequence >= GENERATION {
        return Err(too_large());
    }
    let before = generation.checked_mul(GENERATION).ok_or_else(too_large)?;
    let number = before.checked_add(sequence).ok_or_else(too_large)?;
    i64::try_from(number).map_err(|_| too_large())
}

/// The number in its outbox.
pub(super) fn sequence(number: u64) -> u64 {
    number % GENERATION
}

/// Whether two numbers are of one outbox.
pub(super) fn is_of_one_outbox(one: u64, other: u64) -> bool {
    one / GENERATION == other / GENERATION
}

/// The bucket of a number.
pub(super) fn bucket(number: i64) -> i64 {
    number >> BUCKET_BITS
}

/// The place of a number in its bucket.
pub(super) fn offset(number: i64) -> i64 {
    number - first(bucket(number))
}

/// The first number of a bucket.
pub(super) fn first(bucket: i64) -> i64 {
    bucket << BUCKET_BITS
}

/// The last number of a bucket.
pub(super) fn last(bucket: i64) -> i64 {
    first(bucket) + (1 << BUCKET_BITS) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_outboxs_own_until_there_is_another_outbox() {
        assert_eq!(of(0, 17).unwrap(), 17);
        assert_eq!(of(2, 17).unwrap(), 20_000_000_000_017);
        assert_eq!(sequence(20_000_000_000_017), 17);
        assert!(of(0, GENERATION).is_err());
        assert!(of(i64::MAX, 1).is_err());
    }

    #[test]
    fn buckets_cover_all_numbers_once() {
        for number in [0, 1, 65_535, 65_536, 65_537, 20_000_000_000_017] {
            let bucket = bucket(number);
            assert_eq!(first(bucket) + offset(number), number);
            assert!((first(bucket)..=last(bucket)).contains(&number));
            assert_eq!(last(bucket) + 1, first(bucket + 1));
        }
    }
}

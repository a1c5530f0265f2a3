//! Any bytes as the body of every endpoint that takes one: for fuzzing, which reaches nothing that is private.

use super::api;

/// The longest answer to a body that is not what is expected: it names a place and repeats nothing.
const ANSWER_BYTES_MAX: usize = 1_000;

/// # Panics
/// When a body makes an answer that is longer than any place.
pub fn check(bytes: &[u8]) {
    for endpoint in api::endpoints() {
        let Some(Err(error)) = endpoint.reads.map(|read| read(bytes)) else {
            continue;
        };
        assert!(
            error.len() <= ANSWER_BYTES_MAX,
            "{}: {} bytes",
            endpoint.path,
            error.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    use super::{api, check};

    /// Bodies that are right for one endpoint or another.
    fn bodies() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/body");
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .collect()
    }

    #[test]
    fn bodies_that_are_nearly_right_are_read_or_refused() {
        let bodies = bodies();
        assert!(bodies.len() > 5);
        for body in bodies {
            let mut readers = api::endpoints().into_iter().filter_map(|endpoint| endpoint.reads);
            assert!(
                readers.any(|read| read(&body).is_ok()),
                "{}",
                String::from_utf8_lossy(&body)
            );
            for end in 0..=body.len() {
                check(&body[..end]);
            }
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            check(&bytes);
        }

        #[test]
        fn any_change_of_a_body_is_read_or_refused(
            body in prop::sample::select(bodies()),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut bytes = body;
            let at = at.index(bytes.len());
            bytes[at] = byte;
            check(&bytes);
        }
    }
}

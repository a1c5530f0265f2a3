//! Which segments of two messages belong beside each other.

use super::Row;

/// Pairs of segments that are weighed for the best pairing of two messages; with more, what differs between
/// the equal beginnings and endings is told as removed and added.
const PAIRS_MAX: usize = 250_000;

pub(super) type Pair<'r, 'm> = (Option<&'r Row<'m>>, Option<&'r Row<'m>>);

/// The segments of both messages in their order, beside each other where they are the same segment.
pub(super) fn pairs<'r, 'm>(a: &'r [Row<'m>], b: &'r [Row<'m>]) -> Vec<Pair<'r, 'm>> {
    let is_same =
        |(a, b): &(&Row<'_>, &Row<'_>)| a.segment.name() == b.segment.name() && a.fields == b.fields;
    let first = a.iter().zip(b).take_while(is_same).count();
    let (middle_a, middle_b) = (
        a.get(first..).unwrap_or_default(),
        b.get(first..).unwrap_or_default(),
    );
    let last = middle_a
        .iter()
        .rev()
        .zip(middle_b.iter().rev())
        .take_while(is_same)
        .count();
    let middle_a = middle_a.get(..middle_a.len() - last).unwrap_or_default();
    let middle_b = middle_b.get(..middle_b.len() - last).unwrap_or_default();
    if middle_a.len().saturating_mul(middle_b.len()) > PAIRS_MAX {
        let removed = middle_a.iter().map(|row| (Some(row), None));
        return removed
            .chain(middle_b.iter().map(|row| (None, Some(row))))
            .collect();
    }
    best_pairs(middle_a, middle_b)
}

/// The pairing in which most fields are equal: a table of the best for each beginning in both messages, filled
/// from their ends.
fn best_pairs<'r, 'm>(a: &'r [Row<'m>], b: &'r [Row<'m>]) -> Vec<Pair<'r, 'm>> {
    let width = b.len() + 1;
    let mut best = vec![0_usize; (a.len() + 1) * width];
    let at = |best: &[usize], i: usize, j: usize| best.get(i * width + j).copied().unwrap_or_default();
    for (i, row_a) in a.iter().enumerate().rev() {
        for (j, row_b) in b.iter().enumerate().rev() {
            let likeness = likeness(row_a, row_b);
            let paired = likeness.map_or(0, |likeness| likeness + at(&best, i + 1, j + 1));
            let found = paired.max(at(&best, i + 1, j)).max(at(&best, i, j + 1));
            if let Some(cell) = best.get_mut(i * width + j) {
                *cell = found;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    loop {
        let (row_a, row_b) = (a.get(i), b.get(j));
        let paired = match (row_a, row_b) {
            (None, None) => return pairs,
            (Some(a), Some(b)) => likeness(a, b).map(|like| like + at(&best, i + 1, j + 1)),
            (Some(_), None) | (None, Some(_)) => None,
        };
        let here = at(&best, i, j);
        if paired == Some(here) {
            pairs.push((row_a, row_b));
            (i, j) = (i + 1, j + 1);
        } else if row_a.is_some() && (row_b.is_none() || at(&best, i + 1, j) == here) {
            pairs.push((row_a, None));
            i += 1;
        } else {
            pairs.push((None, row_b));
            j += 1;
        }
    }
}

/// How many fields are equal, and one for the name; `None` for segments of different names.
fn likeness(a: &Row<'_>, b: &Row<'_>) -> Option<usize> {
    if a.segment.name() != b.segment.name() {
        return None;
    }
    let mut of_b = b.fields.iter().peekable();
    let equal = a.fields.iter().filter(|field| {
        while of_b.next_if(|(other, _)| *other < field.0).is_some() {}
        of_b.peek() == Some(field)
    });
    Some(1 + equal.count())
}

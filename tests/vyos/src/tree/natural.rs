//! The order of siblings: runs of digits compare as numbers, so rule 2 stands before rule 10.

use std::cmp::Ordering;

/// Compares two names; equal only if they are the same text.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let (mut a, mut b) = (left, right);
    while !a.is_empty() && !b.is_empty() {
        let (head_a, rest_a) = head(a);
        let (head_b, rest_b) = head(b);
        let order = match (number(head_a), number(head_b)) {
            (Some(one), Some(two)) => one.len().cmp(&two.len()).then_with(|| one.cmp(two)),
            _ => head_a.cmp(head_b),
        };
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    a.len().cmp(&b.len()).then_with(|| left.cmp(right))
}

/// The leading run of digits or of anything else.
fn head(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|letter: char| letter.is_ascii_digit());
    let end = text.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at(end)
}

/// A run of digits without its leading zeros.
fn number(text: &str) -> Option<&str> {
    text.starts_with(|letter: char| letter.is_ascii_digit()).then(|| text.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_inside_names_compare_as_numbers() {
        let mut names = vec!["10.10.0.0/16", "rule", "10", "10.9.0.0/16", "2", "010"];
        names.sort_by(|a, b| super::compare(a, b));
        assert_eq!(names, ["2", "010", "10", "10.9.0.0/16", "10.10.0.0/16", "rule"]);
    }
}

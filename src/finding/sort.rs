//! Sort of large items in little memory.

use std::cmp::Ordering;

/// Sorts large items and keeps the order of equal ones. A sort of the items themselves would copy half of them, and a scan
/// may have very many findings.
pub(super) fn sort_large<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| compare(&items[*a], &items[*b]));
    // Each round moves the items of one cycle: `order[at]` is the place of the item that belongs at `at`.
    for start in 0..items.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], at);
            if from == start {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn large_items_are_sorted_and_equal_ones_keep_their_order() {
        let mut mint = Mint::new(93);
        for round in 0..500 {
            let different = 1 + mint.random_below(60);
            let mut items: Vec<(usize, usize)> = (0..round % 120)
                .map(|at| (mint.random_below(different), at))
                .collect();
            let mut wanted = items.clone();
            wanted.sort_by_key(|item| item.0);
            sort_large(&mut items, |a, b| a.0.cmp(&b.0));
            assert_eq!(items, wanted);
        }
    }
}

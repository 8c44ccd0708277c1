//! Sorting with one copy of the code that sorts, whatever is sorted: the standard library's is made anew for every type and every comparison,
//! five kilobytes each time. What is equal stays in its order.

use std::cmp::Ordering;

/// Sorting of slices, as their own methods of similar names do it.
pub trait Order<T> {
    /// From the least to the greatest.
    fn order(&mut self)
    where
        T: Ord;

    /// By what a comparison says.
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// By a key, which is made at each comparison.
    fn order_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);

    /// By a key, which is made once for each.
    fn order_by_cached_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);
}

impl<T> Order<T> for [T] {
    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }

    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let order = order(self.len(), &mut |one, other| compare(&self[one], &self[other]));
        arrange(order, &mut |one, other| self.swap(one, other));
    }

    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|one, other| key(one).cmp(&key(other)));
    }

    fn order_by_cached_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K) {
        let keys: Vec<K> = self.iter().map(key).collect();
        let order = order(self.len(), &mut |one, other| keys[one].cmp(&keys[other]));
        arrange(order, &mut |one, other| self.swap(one, other));
    }
}

/// Where the things for each place are, of so many.
fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = match count {
        0 | 1 => return Vec::new(),
        _ => (0..count).collect(),
    };
    order.sort_by(|one, other| compare(*one, *other));
    order
}

/// Brings each thing to its place: along each circle of things that take each other's places.
fn arrange(mut order: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut place = start;
        while order[place] != start {
            let from = order[place];
            swap(place, from);
            order[place] = place;
            place = from;
        }
        order[place] = place;
    }
}

#[cfg(test)]
mod tests {
    use super::Order as _;

    /// Numbers that are in no order, each with its place.
    fn mixed(count: u64, of: u64) -> Vec<(u64, usize)> {
        (0..count).map(|place| (place * 7919 % 1009 % of, place as usize)).collect()
    }

    #[test]
    fn things_come_in_the_order_of_the_standard_library() {
        for count in [0, 1, 2, 3, 10, 100, 1000] {
            for of in [1, 2, 10, 1009] {
                let things = mixed(count, of);
                let mut expected = things.clone();
                expected.sort_by_key(|thing| thing.0);
                let (mut by, mut by_key, mut cached) = (things.clone(), things.clone(), things.clone());
                by.order_by(|one, other| one.0.cmp(&other.0));
                by_key.order_by_key(|thing| thing.0);
                cached.order_by_cached_key(|thing| thing.0);
                assert_eq!([&by, &by_key, &cached], [&expected; 3], "{count} of {of}");
                let (mut whole, mut sorted) = (things.clone(), things);
                whole.reverse();
                whole.order();
                sorted.sort();
                assert_eq!(whole, sorted);
            }
        }
    }
}

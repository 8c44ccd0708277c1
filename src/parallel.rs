//! Work spread over the processors: hundreds of files, of which one or two take most of the time.

use std::{
    num::NonZero,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use gpucheck_ground::Order as _;

/// Work on files that are in memory is mostly done in this time. Where it is not, threads wait for a disk or a network, and more of
/// them can.
const PATIENCE: Duration = Duration::from_millis(20);
/// Concurrent requests that keep a disk busy.
const WAITING: usize = 16;

/// `work` on each item, results in the order of the items. The next free thread takes the next item.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_on(available(), items, work)
}

/// The same for work that mostly reads files: when it takes so long that they are not in memory, on more threads than there are
/// processors.
pub fn map_files<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    spread(available(), Some(PATIENCE), items, work)
}

/// The threads that this machine runs at once. Asked once: Linux reads five files for it.
pub fn available() -> usize {
    static THREADS: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));
    *THREADS
}

/// The same on this many threads, including the caller's own; on fewer if the system provides no more.
pub fn map_on<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    spread(threads, None, items, work)
}

/// The same where each thread has something of its own to work with, which is made when its first item comes.
pub fn map_with<S, T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    make: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let lane = |_: &usize| {
        let mut own = None;
        let take = || {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).map(|item| (index, work(own.get_or_insert_with(&make), item)))
        };
        std::iter::from_fn(take).collect::<Vec<_>>()
    };
    let lanes: Vec<usize> = (0..threads.clamp(1, items.len().max(1))).collect();
    let mut done: Vec<(usize, R)> = map_on(lanes.len(), &lanes, lane).into_iter().flatten().collect();
    done.order_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn spread<T: Sync, R: Send>(
    threads: usize,
    patience: Option<Duration>,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        items.get(index).map(|item| (index, work(item)))
    };
    let mut done = thread::scope(|scope| {
        let all = || std::iter::from_fn(take).collect::<Vec<_>>();
        let helper = |_| thread::Builder::new().spawn_scoped(scope, all).ok();
        let mut helpers: Vec<_> = (1..threads.min(items.len())).map_while(helper).collect();
        let mut late = patience.map(|patience| (Instant::now(), patience));
        let mut done = Vec::new();
        while let Some(one) = take() {
            done.push(one);
            if late.is_some_and(|(start, patience)| start.elapsed() > patience) {
                late = None;
                let left = items.len().saturating_sub(next.load(Ordering::Relaxed));
                let more = left.min(WAITING.saturating_sub(helpers.len() + 1));
                helpers.extend((0..more).map_while(helper));
            }
        }
        for helper in helpers {
            match helper.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.order_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Both at once, or one after the other if the system provides no thread.
pub fn both<A: Send, B>(one: impl Fn() -> A + Sync, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let helper = thread::Builder::new().spawn_scoped(scope, &one);
        let second = other();
        let first = match helper {
            Ok(helper) => helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => one(),
        };
        (first, second)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_once_and_in_order() {
        let items: Vec<_> = (0..1000).collect();
        assert_eq!(map(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert!(map(&[] as &[u8], |item| *item).is_empty());
    }

    #[test]
    fn each_thread_has_something_of_its_own() {
        let items: Vec<_> = (0..100).collect();
        let made = AtomicUsize::new(0);
        let make = || made.fetch_add(1, Ordering::Relaxed);
        let done = map_with(3, &items, make, |_, item| item * 2);
        assert_eq!(done, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert!((1..=3).contains(&made.into_inner()));
        assert!(map_with(3, &[] as &[u8], || panic!("nothing is needed"), |(), item| *item).is_empty());
    }

    #[test]
    fn who_waits_gets_more_threads() {
        let items: Vec<_> = (0..200).collect();
        for patience in [Duration::ZERO, Duration::from_millis(2), Duration::MAX] {
            let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let wait = |item: &usize| {
                most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(1));
                running.fetch_sub(1, Ordering::Relaxed);
                item * 2
            };
            let done = spread(1, Some(patience), &items, wait);
            assert_eq!(done, items.iter().map(|item| item * 2).collect::<Vec<_>>());
            let most = most.into_inner();
            assert!(if patience == Duration::MAX { most == 1 } else { (2..=WAITING).contains(&most) }, "{most}");
        }
    }
}

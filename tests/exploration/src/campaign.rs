//! Many schedules, on several threads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What came of many schedules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<N> {
    /// How many were played.
    pub played: usize,
    /// Each thing that does not hold, with how often and in the first schedule where.
    pub wrong: BTreeMap<String, (usize, N)>,
}

/// Plays every one of `cases` on so many threads; `play` says what does not hold, and `progress` is told now and then how
/// many are done.
pub fn campaign<N: Copy + Ord + Send + Sync>(
    cases: &[N],
    threads: usize,
    play: impl Fn(N) -> Vec<String> + Sync,
    progress: impl Fn(usize) + Sync,
) -> Found<N> {
    let next = AtomicUsize::new(0);
    let wrong: Mutex<BTreeMap<String, (usize, N)>> = Mutex::default();
    let step = (cases.len() / 10).max(1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&case) = cases.get(number) else { return };
                    for what in play(case) {
                        let mut wrong = wrong.lock().unwrap_or_else(PoisonError::into_inner);
                        let known = wrong.entry(what).or_insert((0, case));
                        known.0 += 1;
                        known.1 = known.1.min(case);
                    }
                    if (number + 1).is_multiple_of(step) {
                        progress(number + 1);
                    }
                }
            });
        }
    });
    Found { played: cases.len(), wrong: wrong.into_inner().unwrap_or_else(PoisonError::into_inner) }
}

//! Many cases of one check, a few at a time.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Checks every case on so many threads and gives back what was found wrong, in the order of the cases.
///
/// A case mostly waits for processes and sockets, so there may be more threads than processors.
pub fn check_all<C: Sync>(cases: &[C], threads: usize, check: impl Fn(&C) -> Result<(), String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong: Mutex<Vec<(usize, String)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { return };
                    if let Err(why) = check(case) {
                        wrong.lock().unwrap_or_else(PoisonError::into_inner).push((number, why));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    wrong.sort_by_key(|(number, _)| *number);
    wrong.into_iter().map(|(_, why)| why).collect()
}

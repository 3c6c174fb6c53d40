//! What runs when `RotateSecret` was called: the service answers at once and rotates meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::SecretsManager;

type Run = Arc<dyn Fn(String, String) + Send + Sync>;

/// What to run, and what runs.
#[derive(Default)]
pub(super) struct Hook {
    run: Mutex<Option<Run>>,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl Hook {
    /// Runs each rotation on a thread of its own.
    pub(super) fn start(&self, begun: Vec<(String, String)>) {
        let Some(run) = lock(&self.run).clone() else { return };
        for (arn, token) in begun {
            let run = Arc::clone(&run);
            lock(&self.running).push(std::thread::spawn(move || run(arn, token)));
        }
    }
}

impl SecretsManager {
    /// Says what a rotation is that `RotateSecret` begins: it gets the secret's ARN and the token, on a thread of its
    /// own, after the caller was answered. [`super::rotation::driver`] makes one that calls a function as the service
    /// does. Without this the rotation stays pending.
    pub fn on_rotate(&self, run: impl Fn(String, String) + Send + Sync + 'static) {
        *lock(&self.hook.run) = Some(Arc::new(run));
    }

    /// Waits for the end of every rotation that `RotateSecret` began so far.
    ///
    /// # Panics
    /// When one of them did.
    pub fn join_rotations(&self) {
        loop {
            let Some(rotation) = lock(&self.hook.running).pop() else { return };
            if let Err(panic) = rotation.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

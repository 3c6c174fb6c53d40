//! All that is logged while the tests run, at every level and by anyone, kept apart by thread.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

thread_local! {
    static LINES: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Begins to write down. It is the subscriber of the whole process, because one of a single thread would miss what
/// another thread was the first to come across.
pub(crate) fn begin() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Recorder).unwrap());
}

/// Forgets what an earlier test logged in this thread.
pub(crate) fn forget() {
    LINES.set(String::new());
}

/// What this thread logged: a line begins with its target.
pub(crate) fn written() -> String {
    LINES.with_borrow(String::clone)
}

struct Recorder;

struct Line;

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        LINES.with_borrow_mut(|lines| write!(lines, " {field}={value:?}")).unwrap();
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Line);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        LINES.with_borrow_mut(|lines| write!(lines, "\n{}:", event.metadata().target())).unwrap();
        event.record(&mut Line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

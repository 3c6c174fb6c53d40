//! Eventual consistency: a reader may see what was true before a write (`facts/aws.md` 1.4, last point).

use super::model::Versions;

/// Who reads; each kind of reader catches up on its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    /// `GetSecretValue` and `BatchGetSecretValue`.
    Value,
    /// `DescribeSecret`.
    Labels,
}

struct View {
    before: Versions,
    values: usize,
    labels: usize,
}

/// The states that some readers of one secret still see, oldest first.
#[derive(Default)]
pub(super) struct Late(Vec<View>);

impl Late {
    /// Lets the next `reads` reads of each kind see the state from before a write.
    pub(super) fn remember(&mut self, before: Versions, reads: usize) {
        self.0.push(View { before, values: reads, labels: reads });
    }

    /// Lets every reader see the newest state.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// What one read sees. A read that the write does not concern sees the same before and after, and uses nothing up.
    pub(super) fn see<T: PartialEq>(&mut self, now: &Versions, reader: Reader, look: impl Fn(&Versions) -> T) -> T {
        let fresh = look(now);
        let mut stale = None;
        for view in &mut self.0 {
            let left = match reader {
                Reader::Value => &mut view.values,
                Reader::Labels => &mut view.labels,
            };
            let old = look(&view.before);
            if *left > 0 && old != fresh {
                *left -= 1;
                stale.get_or_insert(old);
            }
        }
        self.0.retain(|view| view.values > 0 || view.labels > 0);
        stale.unwrap_or(fresh)
    }
}

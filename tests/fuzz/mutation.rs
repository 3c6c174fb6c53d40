//! Inputs made from a corpus: an entry, and a few changes of it.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::engine::Seed;

/// What is awkward in every format.
const AWKWARD: [&[u8]; 36] = [
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\u0064",
    b"'",
    b"/",
    b":",
    b",",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[]",
    b"{}",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"18446744073709551616",
    b"\xff",
    b"\xc3",
    b"\xc3\xa9",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x94\x91",
    b"\xe2\x80\xae",
    b"%2e%2e",
    b"../",
    b"QzLeak7x",
    b"0123456789abcdef0123456789abcdef",
];

/// An entry of the corpus, and what is changed in it.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    entry: Index,
    changes: Vec<Change>,
}

#[derive(Debug, Clone)]
struct Change {
    what: What,
    from: Index,
    to: Index,
    pick: Index,
    byte: u8,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// A word of the format, or what is awkward, put in.
    Insert,
    /// The same in place of a part.
    Replace,
    /// A part left out.
    Delete,
    /// A part twice, or many times.
    Repeat,
    /// One byte changed.
    Byte,
    /// All after this point left out.
    Cut,
    /// The end of another entry in place of its own.
    Splice,
}

/// How many times a part is repeated at most: what is nested or long gets past every limit that a reader has.
const TIMES: usize = 300;

/// No input gets longer than this.
const LONGEST: usize = 64 << 10;

pub(crate) fn mutations() -> impl Strategy<Value = Changes> {
    let what = prop_oneof![
        3 => Just(What::Insert),
        3 => Just(What::Replace),
        2 => Just(What::Delete),
        1 => Just(What::Repeat),
        2 => Just(What::Byte),
        1 => Just(What::Cut),
        1 => Just(What::Splice),
    ];
    let change = (what, any::<Index>(), any::<Index>(), any::<Index>(), any::<u8>())
        .prop_map(|(what, from, to, pick, byte)| Change { what, from, to, pick, byte });
    (any::<Index>(), prop::collection::vec(change, 1..6)).prop_map(|(entry, changes)| Changes { entry, changes })
}

/// The input that the changes make.
pub(crate) fn apply(changes: &Changes, corpus: &[Seed], words: &[&str]) -> Vec<u8> {
    let mut input = changes.entry.get(corpus).bytes.clone();
    for change in &changes.changes {
        let (one, other) = (change.from.index(input.len() + 1), change.to.index(input.len() + 1));
        // Most changes are small ones: where both ends are free, little is left of the entry.
        let (start, end) = if change.byte < 160 {
            (one, one + usize::from(change.byte % 8))
        } else {
            (one.min(other), one.max(other))
        };
        let range = start..end.min(input.len()).max(start);
        let word = || -> &[u8] {
            let at = change.pick.index(words.len() + AWKWARD.len());
            words.get(at).map_or_else(|| AWKWARD[at - words.len()], |word| word.as_bytes())
        };
        match change.what {
            What::Insert => drop(input.splice(start..start, word().iter().copied())),
            What::Replace => drop(input.splice(range, word().iter().copied())),
            What::Delete => drop(input.drain(range)),
            What::Repeat => {
                let times = if change.byte % 2 == 0 { 1 } else { change.pick.index(TIMES) };
                let part = input[range.clone()].repeat(times);
                drop(input.splice(range.end..range.end, part));
            }
            What::Byte => {
                if let Some(byte) = input.get_mut(start) {
                    *byte = change.byte;
                }
            }
            What::Cut => input.truncate(start),
            What::Splice => {
                let tail = &change.pick.get(corpus).bytes;
                let from = change.to.index(tail.len() + 1);
                input.truncate(start);
                input.extend_from_slice(&tail[from..]);
            }
        }
        input.truncate(LONGEST);
    }
    input
}

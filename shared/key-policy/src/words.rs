//! Closed sets of words: one enum, one spelling per variant.

/// A closed set that the file can list and read.
pub(crate) trait Word: Copy + 'static {
    /// Every member, in the order of the documentation.
    const WORDS: &'static [Self];
    fn spelling(self) -> &'static str;
}

/// Declares an enum with its spelling in the policy file.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// Every member, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The spelling in the policy file.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The member with this spelling, exactly.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|member| member.word() == word)
            }
        }

        impl $crate::words::Word for $name {
            const WORDS: &'static [Self] = Self::ALL;
            fn spelling(self) -> &'static str {
                self.word()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::{AtGraceMax, Exposure, Kind, Mode, Preset, Signal};

    #[test]
    fn every_word_reads_back_as_its_member() {
        macro_rules! check {
            ($($name:ident),+) => {$(
                for member in $name::ALL {
                    assert_eq!($name::from_word(member.word()), Some(*member));
                }
                assert_eq!($name::from_word("Observe "), None);
            )+};
        }
        check!(AtGraceMax, Exposure, Kind, Mode, Preset, Signal);
    }
}

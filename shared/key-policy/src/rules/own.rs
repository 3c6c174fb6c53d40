//! What this system's own tokens need.

use crate::preset::Preset;
use crate::scope::ScopeSet;

/// The scopes that a function of this system needs. Nothing for a name that is not one: then everything is in excess.
pub(super) fn wanted(function: &str) -> ScopeSet {
    let preset = match function {
        "rotate-client-key" | "retire-keys" | "revoke-key" => Preset::KeyRotator,
        "retire-keys (deletion)" => Preset::KeyDeleter,
        "audit-keys" => Preset::AuditorRead,
        _ => return ScopeSet::default(),
    };
    ScopeSet::of(preset.scopes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_has_its_preset() {
        let rows = [
            ("rotate-client-key", Preset::KeyRotator),
            ("retire-keys", Preset::KeyRotator),
            ("revoke-key", Preset::KeyRotator),
            ("retire-keys (deletion)", Preset::KeyDeleter),
            ("audit-keys", Preset::AuditorRead),
        ];
        for (function, preset) in rows {
            assert_eq!(wanted(function), ScopeSet::of(preset.scopes()), "{function}");
        }
        assert!(wanted("another").is_empty());
    }
}

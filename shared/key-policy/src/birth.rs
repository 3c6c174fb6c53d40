//! What a first client key is born with. Later keys take the settings of the key that they replace.

use crate::preset::Preset;
use crate::rate_limit::RateLimit;
use crate::use_case::{Kind, UseCase};

/// Options of Sentry's JavaScript loader script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoaderOptions {
    /// Session replay.
    pub replay: bool,
    /// Tracing.
    pub performance: bool,
    /// The debug build.
    pub debug: bool,
}

/// The settings of a first client key. `None` leaves a setting to Sentry's default.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BirthSettings {
    /// The use case's, else its preset's; none for a use case of tokens.
    pub rate_limit: Option<RateLimit>,
    /// Whether a server that drops the limit (a plan without it does, in silence) fails the rotation.
    pub rate_limit_required: bool,
    /// The loader script's options.
    pub loader_options: Option<LoaderOptions>,
    /// The version that the loader script pins.
    pub browser_sdk_version: Option<String>,
}

impl UseCase {
    /// What a first client key of this use case is born with.
    #[must_use]
    pub fn birth_settings(&self) -> BirthSettings {
        let preset = self.preset.filter(|preset| preset.suits(Kind::ClientKey));
        BirthSettings {
            rate_limit: self.rate_limit.or(preset.and_then(Preset::rate_limit)),
            rate_limit_required: self.rate_limit_required,
            loader_options: None,
            browser_sdk_version: None,
        }
    }
}

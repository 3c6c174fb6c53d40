//! Where Sentry is, and paths below it.

use std::fmt;

use ::url::{Host, Url};

/// The URL of a Sentry: `https://sentry.io`, a region host, or a self-hosted server with or without a path prefix.
///
/// Plain `http` is accepted for loopback hosts only, because the management token travels to this URL.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a text is no usable [`BaseUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBaseUrl {
    /// It is no URL with a host.
    #[error("is not a URL with a host, such as https://sentry.io")]
    NotAUrl,
    /// Its scheme is neither https nor, on loopback, http.
    #[error("must begin with https:// (http:// is allowed for loopback hosts only)")]
    Scheme,
    /// It carries more than scheme, host, port and path.
    #[error("must not carry a user, a password, a query or a fragment")]
    Extra,
}

impl BaseUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`InvalidBaseUrl`] says what is wrong with it, without repeating it.
    pub fn parse(text: &str) -> Result<Self, InvalidBaseUrl> {
        let mut url = Url::parse(text.trim()).map_err(|_its_text_may_repeat_a_secret| InvalidBaseUrl::NotAUrl)?;
        let loopback = match url.host() {
            None => return Err(InvalidBaseUrl::NotAUrl),
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(InvalidBaseUrl::Scheme),
        }
        // Behind a mistyped scheme, user and password are taken for a path.
        let names_somebody = !url.username().is_empty() || url.password().is_some() || url.path().contains('@');
        if names_somebody || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidBaseUrl::Extra);
        }
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Whether requests to it are not encrypted.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    pub(crate) fn as_url(&self) -> &Url {
        &self.0
    }

    /// `<base>/api/0/<segments>/`, every segment encoded, so that a slug such as `..` or `a/b` stays one segment.
    pub(crate) fn api(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        // A URL with a host can always be a base, so there is always a path to extend.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "0"]);
            for segment in segments {
                // `.` and `..` would be resolved away, even encoded, and tabs and line ends would be dropped, which
                // can leave one of those or another name: no object of Sentry's has such a name.
                let unusable = matches!(*segment, "." | "..") || segment.contains(['\t', '\n', '\r']);
                path.push(if unusable { "%" } else { segment });
            }
            path.push("");
        }
        url
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_built_below_the_prefix_and_every_segment_stays_one() {
        let cases = [
            ("https://sentry.io", "https://sentry.io/api/0/projects/acme/shop/"),
            ("https://sentry.io/", "https://sentry.io/api/0/projects/acme/shop/"),
            ("https://sentry.io///", "https://sentry.io/api/0/projects/acme/shop/"),
            (" https://example.com/tools/sentry ", "https://example.com/tools/sentry/api/0/projects/acme/shop/"),
            ("http://127.0.0.1:9000/sentry/", "http://127.0.0.1:9000/sentry/api/0/projects/acme/shop/"),
        ];
        for (base, expected) in cases {
            let base = BaseUrl::parse(base).unwrap();
            assert_eq!(base.api(&["projects", "acme", "shop"]).as_str(), expected);
        }
        let base = BaseUrl::parse("https://sentry.io").unwrap();
        assert_eq!(base.api(&["a/b", "..", "?x#y"]).as_str(), "https://sentry.io/api/0/a%2Fb/%25/%3Fx%23y/");
        assert_eq!(base.api(&["a", ".\t.", "b\n"]).as_str(), "https://sentry.io/api/0/a/%25/%25/");
    }

    #[test]
    fn what_could_leak_the_token_is_refused() {
        let cases = [
            ("http://sentry.io", InvalidBaseUrl::Scheme),
            ("http://10.0.0.1", InvalidBaseUrl::Scheme),
            ("http://localhost.example.com", InvalidBaseUrl::Scheme),
            ("ftp://localhost", InvalidBaseUrl::Scheme),
            ("sentry.io", InvalidBaseUrl::NotAUrl),
            ("", InvalidBaseUrl::NotAUrl),
            ("https://user@sentry.io", InvalidBaseUrl::Extra),
            ("https://sentry.io/?a=b", InvalidBaseUrl::Extra),
            ("https:s://user:secret@sentry.io", InvalidBaseUrl::Extra),
        ];
        for (text, expected) in cases {
            assert_eq!(BaseUrl::parse(text), Err(expected), "{text}");
        }
        for text in ["http://localhost:9000", "http://127.0.0.1", "http://[::1]:9000"] {
            let base = BaseUrl::parse(text).unwrap();
            assert!(base.is_plain(), "{text}");
            assert_eq!(base.to_string(), text);
        }
        let base = BaseUrl::parse("https://sentry.io/a/").unwrap();
        assert!(!base.is_plain());
        assert_eq!(base.to_string(), "https://sentry.io/a");
    }
}

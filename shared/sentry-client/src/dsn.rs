//! The DSN: where an SDK sends, and with which key.

use std::fmt;
use std::str::FromStr;

use ::url::Url;

/// A DSN in its public form: `{scheme}://{public key}@{host}{path}/{project id}`.
///
/// A deprecated secret part is accepted and dropped on reading, so a `Dsn` never holds a secret. Two DSNs are equal when
/// their parts are; printed forms of other programs may differ (facts/sentry-api.md section 9).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Dsn {
    scheme: String,
    public_key: String,
    authority: String,
    path: String,
    project_id: u64,
}

/// The text is no DSN. It is not repeated: it may be a secret that was stored in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a Sentry DSN of the form https://<public key>@<host>/<project id>")]
pub struct InvalidDsn;

impl Dsn {
    /// The key id: 32 lower-case hex digits.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.public_key
    }

    /// The numeric id of the project.
    #[must_use]
    pub fn project_id(&self) -> u64 {
        self.project_id
    }

    /// Scheme, host, port and path: the destination of events, without key and project.
    #[must_use]
    pub fn destination(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path)
    }

    /// Whether a text is a DSN of the deprecated form, with a secret after the public key.
    #[must_use]
    pub fn has_secret_part(text: &str) -> bool {
        text.parse::<Self>().is_ok() && Url::parse(text.trim()).is_ok_and(|url| url.password().is_some())
    }

    /// Where envelopes go: `{scheme}://{host}{path}/api/{project id}/envelope/`.
    pub(crate) fn envelope_url(&self) -> String {
        format!("{}/api/{}/envelope/", self.destination(), self.project_id)
    }
}

impl FromStr for Dsn {
    type Err = InvalidDsn;

    fn from_str(text: &str) -> Result<Self, InvalidDsn> {
        let url = Url::parse(text.trim()).map_err(|_its_text_may_repeat_a_secret| InvalidDsn)?;
        let public_key = url.username();
        let hex = public_key.len() == 32 && public_key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let (path, project) = url.path().rsplit_once('/').ok_or(InvalidDsn)?;
        let digits = !project.is_empty() && project.bytes().all(|byte| byte.is_ascii_digit());
        if !matches!(url.scheme(), "http" | "https")
            || !hex
            || !digits
            // A DSN that was pasted twice: the secret part of the second one would stay in the path.
            || path.contains('@')
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(InvalidDsn);
        }
        let host = url.host_str().ok_or(InvalidDsn)?;
        Ok(Self {
            scheme: url.scheme().to_owned(),
            public_key: public_key.to_owned(),
            authority: url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            path: path.to_owned(),
            project_id: project.parse().ok().ok_or(InvalidDsn)?,
        })
    }
}

impl fmt::Display for Dsn {
    /// The public form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}@{}{}/{}", self.scheme, self.public_key, self.authority, self.path, self.project_id)
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsn({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn the_public_form_is_kept_as_it_is_and_a_secret_part_is_dropped() {
        let cases = [
            (format!("https://{KEY}@o1.ingest.us.sentry.io/42"), format!("https://{KEY}@o1.ingest.us.sentry.io/42")),
            (format!("https://{KEY}:s3cr3t@o1.ingest.sentry.io/42"), format!("https://{KEY}@o1.ingest.sentry.io/42")),
            (format!("https://{KEY}:@sentry.example/42"), format!("https://{KEY}@sentry.example/42")),
            (format!("http://{KEY}@127.0.0.1:9000/a/b/7"), format!("http://{KEY}@127.0.0.1:9000/a/b/7")),
            (format!("  https://{KEY}@[::1]:9000/7\n"), format!("https://{KEY}@[::1]:9000/7")),
        ];
        for (text, expected) in cases {
            let dsn: Dsn = text.parse().unwrap();
            assert_eq!(dsn.to_string(), expected);
            assert_eq!(dsn.key_id(), KEY);
            assert_eq!(Dsn::has_secret_part(&text), text.contains(":s3cr3t@"), "{text}");
        }
        let dsn: Dsn = format!("https://{KEY}@example.com:8443/a/b/7").parse().unwrap();
        assert_eq!(dsn.envelope_url(), "https://example.com:8443/a/b/api/7/envelope/");
        assert_eq!((dsn.destination().as_str(), dsn.project_id()), ("https://example.com:8443/a/b", 7));
    }

    #[test]
    fn what_is_no_dsn_is_refused_without_being_repeated() {
        for text in [
            "",
            "sntrys_eyJpYXQiOjE2_abc",
            "https://sentry.io/42",
            "https://abc@sentry.io/42",
            "https://0123456789ABCDEF0123456789ABCDEF@sentry.io/42",
            "https://0123456789abcdef0123456789abcdef@sentry.io/storefront",
            "https://0123456789abcdef0123456789abcdef@sentry.io/",
            "https://0123456789abcdef0123456789abcdef@sentry.io/99999999999999999999999",
            "https://0123456789abcdef0123456789abcdef@sentry.io/+42",
            "https://0123456789abcdef0123456789abcdef@sentry.io/42?a=b",
            "https://0123456789abcdef0123456789abcdef@sentry.io/https://0123456789abcdef0123456789abcdef:s3cr3t@sentry.io/42",
            "ftp://0123456789abcdef0123456789abcdef@sentry.io/42",
        ] {
            let error = text.parse::<Dsn>().unwrap_err();
            assert!(text.is_empty() || !format!("{error} {error:?}").contains(text));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*") {
            drop(text.parse::<Dsn>());
        }

        #[test]
        fn what_was_read_is_printed_so_that_it_reads_the_same(
            key in "[0-9a-f]{32}", host in "[a-z][a-z0-9]{0,8}(\\.[a-z]{2,5}){0,2}", port in proptest::option::of(1u16..),
            path in "(/[a-z0-9]{1,5}){0,3}", project in 0u64..,
        ) {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            let dsn: Dsn = format!("https://{key}@{host}{port}{path}/{project}").parse().unwrap();
            prop_assert_eq!(dsn.to_string().parse::<Dsn>().unwrap(), dsn);
        }
    }
}

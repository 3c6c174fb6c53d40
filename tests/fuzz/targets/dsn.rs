//! The DSN, as it is stored and as Sentry shows it.

use sentry_client::{Dsn, InvalidDsn};
use url::Url;

use crate::engine::{MARKER, fuzz};

const WORDS: [&str; 14] = [
    "https://",
    "http://",
    "ftp://",
    ":QzLeak7x@",
    "@",
    "[::1]",
    "127.0.0.1",
    ":443",
    ":65536",
    "?",
    "#",
    "/42",
    "//",
    "o1.ingest.us.sentry.io",
];

#[test]
fn dsn() {
    fuzz("dsn", &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        assert!(!plain(&text) || text.parse::<Dsn>().is_ok(), "a plain DSN is refused");
        match text.parse::<Dsn>() {
            Ok(dsn) => accepted(&text, &dsn),
            Err(error) => {
                assert_eq!(error, InvalidDsn);
                assert_eq!(
                    error.to_string(),
                    "is not a Sentry DSN of the form https://<public key>@<host>/<project id>"
                );
                assert_eq!(format!("{error:?}"), "InvalidDsn");
                assert!(!Dsn::has_secret_part(&text));
            }
        }
    });
}

fn accepted(text: &str, dsn: &Dsn) {
    let printed = dsn.to_string();
    assert_eq!(printed.parse::<Dsn>().as_ref(), Ok(dsn), "it reads the same again");
    assert_eq!(dsn.key_id().len(), 32);
    assert!(dsn.key_id().bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert!(printed.bytes().all(|byte| byte.is_ascii_graphic()), "{printed:?} can stand in a header");
    assert!(!Dsn::has_secret_part(&printed), "what is printed has no secret part");
    let (scheme, rest) = printed.split_once("://").unwrap();
    let (key, rest) = rest.split_once('@').unwrap();
    let (place, project) = rest.rsplit_once('/').unwrap();
    assert_eq!(dsn.destination(), format!("{scheme}://{place}"));
    assert_eq!((dsn.key_id(), dsn.project_id().to_string().as_str()), (key, project));
    // It means what any other reader of URLs takes it for.
    let (given, shown) = (Url::parse(text.trim()).unwrap(), Url::parse(&printed).unwrap());
    assert_eq!((given.scheme(), given.host(), given.port()), (shown.scheme(), shown.host(), shown.port()));
    assert_eq!(given.username(), dsn.key_id());
    let place = given.as_str().rsplit_once('@').unwrap().1;
    if given.password().is_some_and(|secret| secret.contains(MARKER)) && !place.contains(MARKER) {
        assert!(!format!("{dsn} {dsn:?} {}", dsn.destination()).contains(MARKER), "the secret part is dropped");
    }
}

/// Whether a text is a DSN of the plainest form, by a reader of its own.
fn plain(text: &str) -> bool {
    let lower = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    let Some((key, rest)) = text.strip_prefix("https://").and_then(|rest| rest.split_once('@')) else { return false };
    let Some((host, project)) = rest.split_once('/') else { return false };
    key.len() == 32
        && key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && host.len() < 60
        && host.split('.').all(|label| lower(label) && !label.starts_with("xn"))
        && (1..=18).contains(&project.len())
        && project.bytes().all(|byte| byte.is_ascii_digit())
}

//! `SENTRY_URL`: where the management token goes.

use std::net::IpAddr;

use sentry_client::BaseUrl;

use crate::engine::{MARKER, fuzz};

const WORDS: [&str; 14] = [
    "https://",
    "http://",
    "localhost",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "user:QzLeak7x@",
    "?QzLeak7x",
    "#QzLeak7x",
    ":9000",
    "/sentry",
];

#[test]
fn base_url() {
    fuzz("base_url", &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        match BaseUrl::parse(&text) {
            Ok(base) => {
                let shown = base.to_string();
                assert_eq!(BaseUrl::parse(&shown).as_ref(), Ok(&base), "it reads the same again");
                assert!(!shown.contains(['@', '?', '#']) && !shown.ends_with('/'), "{shown}");
                let Some(rest) = shown.strip_prefix("http://") else {
                    assert!(shown.starts_with("https://"), "{shown}");
                    return;
                };
                let place = rest.split('/').next().unwrap();
                let host = match place.strip_prefix('[') {
                    Some(address) => address.split(']').next().unwrap(),
                    None => place.split(':').next().unwrap(),
                };
                let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
                assert!(loopback, "the token would travel in clear: {shown}");
            }
            Err(error) => assert!(!format!("{error} {error:?}").contains(MARKER)),
        }
    });
}

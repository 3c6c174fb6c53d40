//! Answers that no HTTP library would give, written byte by byte to one connection.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

/// What becomes of the connection after the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Close,
    /// Nothing more comes until the client gives up.
    Stall,
}

/// Answers one request with these bytes, and no other. Gives the base URL.
pub(crate) fn raw(bytes: impl Into<String>, then: Then) -> String {
    let bytes = bytes.into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It ends with its one connection, at the latest with the test's runtime, which holds the other end.
    drop(thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        let mut buffer = [0; 16 << 10];
        assert!(stream.read(&mut buffer).unwrap() > 0);
        stream.write_all(bytes.as_bytes()).unwrap();
        while then == Then::Stall && stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    }));
    url
}

/// An answer that promises more than it gives.
pub(crate) fn partial(status: u16, body: &str) -> String {
    let length = body.len() + 100;
    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
}

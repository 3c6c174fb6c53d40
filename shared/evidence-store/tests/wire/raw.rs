//! An answer that does not say how long it is, written to one connection until nobody listens any more.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

/// Answers one request with so many chunks of a mebibyte, or as many as are taken. Gives the base URL.
pub(crate) fn chunks(count: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It ends with its one connection, at the latest with the test's runtime, which holds the other end.
    drop(thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        assert!(stream.read(&mut [0; 16 << 10]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        let chunk = [format!("{:x}\r\n", 1 << 20).into_bytes(), vec![b'x'; 1 << 20], b"\r\n".to_vec()].concat();
        let all_taken = (0..count).all(|_| stream.write_all(&chunk).is_ok());
        if all_taken {
            drop(stream.write_all(b"0\r\n\r\n"));
        }
    }));
    url
}

/// Answers one request with a promise of so many bytes, and with none of them. Gives the base URL.
pub(crate) fn promise(length: u64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 16 << 10]).unwrap() > 0);
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").unwrap();
    }));
    url
}

//! Requests that no function sends, signed as a function signs its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// Sends a request and gives the status and the body.
pub(super) fn send(
    to: SocketAddr,
    access_key: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let signature = format!(
        "AWS4-HMAC-SHA256 Credential={access_key}/20260101/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0"
    );
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\nauthorization: {signature}\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(to).unwrap();
    write!(stream, "{request}\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

//! Over which connections requests go.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sentry_client::{Dsn, KeyUpdate, Probe};
use tokio::time::Instant;

use crate::fixtures::{KEY, key_json, new_key, project};
use crate::script::{client, token};

/// Each request's method, with the number of the connection on which it came.
type Seen = Arc<Mutex<Vec<(usize, String)>>>;

/// A Sentry that keeps its connections open, and notes which one a request comes on.
fn noting() -> (String, Seen) {
    serving(usize::MAX)
}

/// A Sentry that answers once on each connection: the next request on it gets no answer, as where the server had closed it and
/// the client did not know yet.
fn answering_once() -> (String, Seen) {
    serving(1)
}

fn serving(answers: usize) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    // Each connection ends with the client, at the latest with the test's process.
    drop(thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let noted = Arc::clone(&noted);
            drop(thread::spawn(move || answer(&stream.unwrap(), number, answers, &noted)));
        }
    }));
    (url, seen)
}

fn answer(stream: &TcpStream, number: usize, mut answers: usize, seen: &Seen) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 0) {
        let method = line.split(' ').next().unwrap().to_owned();
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        if answers == 0 {
            return;
        }
        answers -= 1;
        let (status, body) = if method == "POST" {
            (201, key_json(KEY, &new_key().label).to_string())
        } else {
            (200, key_json(KEY, "Default").to_string())
        };
        seen.lock().unwrap().push((number, method));
        let length = body.len();
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        line.clear();
    }
}

/// A real Sentry without a proxy closes connections in silence, and the making of a key was lost on one that had idled.
#[tokio::test]
async fn a_key_is_made_on_a_connection_of_its_own_and_all_else_on_the_same_one() {
    let (url, seen) = noting();
    let (client, token) = (client(&url), token());
    let api = client.api(&token, Instant::now() + Duration::from_secs(30));
    api.key(&project(), KEY).await.unwrap().unwrap();
    api.key(&project(), KEY).await.unwrap().unwrap();
    api.create_key(&project(), &new_key()).await.unwrap();
    api.key(&project(), KEY).await.unwrap().unwrap();
    api.create_key(&project(), &new_key()).await.unwrap();
    let seen = seen.lock().unwrap();
    let seen: Vec<(usize, &str)> = seen.iter().map(|(number, method)| (*number, method.as_str())).collect();
    assert_eq!(seen, [(0, "GET"), (0, "GET"), (1, "POST"), (0, "GET"), (2, "POST")]);
}

#[tokio::test]
async fn what_is_lost_on_a_connection_that_idled_is_sent_again_on_another() {
    let (url, seen) = answering_once();
    let (client, token) = (client(&url), token());
    let api = client.api(&token, Instant::now() + Duration::from_secs(30));
    for _ in 0..3 {
        let key = api.key(&project(), KEY).await.unwrap().unwrap();
        api.update_key(&project(), KEY, &KeyUpdate::of(&key)).await.unwrap();
        assert!(api.delete_key(&project(), KEY).await.unwrap());
        api.create_key(&project(), &new_key()).await.unwrap();
    }
    let count = |method: &str| seen.lock().unwrap().iter().filter(|(_, seen)| seen == method).count();
    assert_eq!([count("GET"), count("PUT"), count("DELETE"), count("POST")], [3; 4], "each is answered once");
}

/// An answer that is lost says nothing about a key, and a probe is not sent twice.
#[tokio::test]
async fn a_probe_goes_out_on_a_connection_of_its_own() {
    let (url, _) = answering_once();
    let (client, token) = (client(&url), token());
    let api = client.api(&token, Instant::now() + Duration::from_secs(30));
    let dsn: Dsn = format!("{}/42", url.replacen("://", &format!("://{KEY}@"), 1)).parse().unwrap();
    for _ in 0..3 {
        assert_eq!(api.probe(&dsn).await.unwrap(), Probe::Accepted);
    }
}

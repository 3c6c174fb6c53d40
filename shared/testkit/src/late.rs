//! The requests that outlive their clients, so that a test can wait for them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// How many requests are still to arrive. Clones share one count.
#[derive(Clone, Default)]
pub(crate) struct Late(Arc<Shared>);

#[derive(Default)]
struct Shared {
    outstanding: Mutex<usize>,
    changed: Condvar,
}

impl Shared {
    fn outstanding(&self) -> MutexGuard<'_, usize> {
        self.outstanding.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Late {
    /// Counts a request until what is given back is dropped.
    pub(crate) fn begin(&self) -> Outstanding {
        *self.0.outstanding() += 1;
        Outstanding(Arc::clone(&self.0))
    }

    /// Waits until there is none.
    pub(crate) fn settle(&self) {
        let outstanding = self.0.outstanding();
        drop(self.0.changed.wait_while(outstanding, |count| *count > 0));
    }
}

/// A request that is still to arrive.
pub(crate) struct Outstanding(Arc<Shared>);

impl Drop for Outstanding {
    fn drop(&mut self) {
        *self.0.outstanding() -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read as _, Write as _};
    use std::net::TcpStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use crate::fault::Fault;
    use crate::http::{FromFn, Response, Server};

    fn counting() -> (Arc<AtomicUsize>, Server) {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let answer = FromFn(move |_: &crate::http::Request| {
            counted.fetch_add(1, Ordering::SeqCst);
            Response::empty(200)
        });
        (count, Server::start(Arc::new(answer)).unwrap())
    }

    fn send(server: &Server) -> TcpStream {
        let mut client = TcpStream::connect(server.address()).unwrap();
        client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        client
    }

    #[test]
    fn a_request_arrives_only_after_its_client_has_given_up() {
        let (count, server) = counting();
        server.faults().on("POST /", 0, Fault::ArriveLate);
        let mut patient = send(&server);
        patient.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        assert_eq!(patient.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!((server.call_names().len(), count.load(Ordering::SeqCst)), (1, 0));
        drop(patient);
        server.settle();
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert_eq!(server.calls()[0].status, None);

        let mut next = send(&server);
        next.read_exact(&mut [0; 12]).unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_server_that_is_dropped_waits_for_nobody() {
        let (count, server) = counting();
        server.faults().every("POST /", Fault::ArriveLate);
        let mut patient = send(&server);
        patient.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        assert_eq!(patient.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(server);
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }
}

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

/// Longer than anything here takes: a test that hangs fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// A receiver of events by HTTP, which keeps what it is sent.
pub struct Receiver {
    address: String,
    shared: Arc<Shared>,
}

/// An event as a receiver got it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Path and query.
    pub path: String,
    /// The headers, with their names in small letters.
    pub headers: Headers,
    /// The body.
    pub event: Value,
    /// How many times the receiver has got an event of this id before.
    pub repeats: usize,
}

/// What a receiver does about an event.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It answers with a status.
    Status(u16),
    /// It answers with a status and a header.
    With(u16, &'static str, String),
    /// It answers with a body.
    Body(u16, String),
    /// It says nothing and keeps the connection.
    Nothing,
    /// It closes the connection.
    Close,
}

struct Shared {
    received: Mutex<Vec<Received>>,
    more: Condvar,
    ended: AtomicBool,
    /// Connections on which nothing is said.
    silent: Mutex<Vec<TcpStream>>,
}

impl Receiver {
    /// A receiver on a free port, which answers as `answer` says.
    pub fn start(answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_on(0, answer)
    }

    /// A receiver on this port.
    pub fn start_on(port: u16, answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
        let address = listener.local_addr().expect("an address").to_string();
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            more: Condvar::new(),
            ended: AtomicBool::new(false),
            silent: Mutex::default(),
        });
        let answer = Arc::new(answer);
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, answer) = (Arc::clone(&serving), Arc::clone(&answer));
                std::thread::spawn(move || shared.serve(stream, &*answer));
            }
        });
        Self { address, shared }
    }

    /// The URL of a path of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it has got, in the order of its coming.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("no thread panicked").clone()
    }

    /// Waits until what it has got is so; answers that.
    #[track_caller]
    pub fn wait_until(&self, is_so: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let received = self.shared.received.lock().expect("no thread panicked");
        let waited = self.shared.more.wait_timeout_while(received, PATIENCE, |received| !is_so(received));
        let (received, waited) = waited.expect("no thread panicked");
        let seen: Vec<_> = received.iter().map(|one| (&one.event["type"], &one.event["id"], one.repeats)).collect();
        assert!(!waited.timed_out(), "it has got {seen:#?}");
        received.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Whoever listens looks up.
        drop(TcpStream::connect(&self.address));
    }
}

impl Shared {
    /// Takes one request, and closes the connection behind the answer.
    fn serve(&self, mut stream: TcpStream, answer: &dyn Fn(&Received) -> Answer) {
        let Some((path, headers, body)) = request(&stream) else { return };
        let event: Value = serde_json::from_slice(&body).expect("an event is JSON");
        let answer = {
            let mut all = self.received.lock().expect("no thread panicked");
            let repeats = all.iter().filter(|one| one.event["id"] == event["id"]).count();
            let received = Received { path, headers, event, repeats };
            let answer = answer(&received);
            all.push(received);
            answer
        };
        self.more.notify_all();
        let (status, header, body) = match answer {
            Answer::Status(status) => (status, String::new(), String::new()),
            Answer::With(status, name, value) => (status, format!("{name}: {value}\r\n"), String::new()),
            Answer::Body(status, body) => (status, String::new(), body),
            Answer::Nothing => return self.silent.lock().expect("no thread panicked").push(stream),
            Answer::Close => return,
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} So\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        // The sender may be gone, as one that was killed is.
        let _ = stream.write_all((head + &body).as_bytes());
    }
}

/// Names in small letters, and values.
type Headers = Vec<(String, String)>;

/// A request's path, headers and body; none where it is cut short.
fn request(stream: &TcpStream) -> Option<(String, Headers, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None if line.trim_end().is_empty() && !line.is_empty() => break,
            None => return None,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, headers, body))
}

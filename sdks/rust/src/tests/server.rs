//! A stand-in for the server that publishes keys, down to the bytes it sends.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What is sent once the request has been read.
#[derive(Clone)]
pub enum Answer {
    /// These bytes; then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, once a permit has been added.
    Held(Arc<Semaphore>, Vec<u8>),
    /// These bytes; then nothing, and the connection stays open.
    Hang(Vec<u8>),
    /// A good start, then a byte now and then without end.
    Drip,
}

/// Listens on a port of its own until it is dropped.
pub struct KeyServer {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    _tasks: JoinSet<()>,
}

struct Shared {
    answer: Answer,
    /// Where the answer is given, and what is answered everywhere else; not set, it is given everywhere.
    elsewhere: Option<(String, Answer)>,
    requests: Vec<String>,
}

impl KeyServer {
    pub async fn new(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared {
            answer,
            elsewhere: None,
            requests: Vec::new(),
        }));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, shared.clone()));
        KeyServer {
            address,
            shared,
            _tasks: tasks,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn answer(&self, answer: Answer) {
        self.shared.lock().unwrap().answer = answer;
    }

    /// Keeps the answer for this path, and answers otherwise everywhere else.
    pub fn answer_elsewhere(&self, path: &str, answer: Answer) {
        self.shared.lock().unwrap().elsewhere = Some((path.to_owned(), answer));
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.shared.lock().unwrap().requests.clone()
    }

    #[track_caller]
    pub fn was_asked(&self, times: usize) {
        assert_eq!(self.requests().len(), times);
    }
}

async fn serve(listener: TcpListener, shared: Arc<Mutex<Shared>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(converse(stream, shared.clone()));
    }
}

async fn converse(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let answer = {
        let mut shared = shared.lock().unwrap();
        let head = String::from_utf8(head).unwrap();
        let answer = match &shared.elsewhere {
            Some((path, answer)) if !head.starts_with(&format!("GET {path} ")) => answer.clone(),
            _ => shared.answer.clone(),
        };
        shared.requests.push(head);
        answer
    };
    // The other side may hang up at any time; that is its right.
    match answer {
        Answer::Bytes(bytes) => drop(stream.write_all(&bytes).await),
        Answer::Held(permits, bytes) => {
            permits.acquire().await.unwrap().forget();
            drop(stream.write_all(&bytes).await);
        }
        Answer::Hang(bytes) => {
            drop(stream.write_all(&bytes).await);
            std::future::pending().await
        }
        Answer::Drip => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"keys\":[";
            let mut outcome = stream.write_all(head).await;
            while outcome.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                outcome = stream.write_all(b" ").await;
            }
        }
    }
}

/// An answer with this status, these header lines and this body.
pub fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    format!("HTTP/1.1 {status} Status\r\n{lines}content-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// The answer of a server that publishes these keys.
pub fn keys(document: &Value) -> Vec<u8> {
    response(
        200,
        &[("content-type", "application/json")],
        &document.to_string(),
    )
}

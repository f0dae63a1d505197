//! A mail server on a free port that does what the recipient's name says:
//! `refused` gets 550, `busy` 451, `quoted` a refusal that quotes the link, `held` an answer only when the test lets it go.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

pub struct ScriptedServer {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    greeting: &'static str,
    from: &'static str,
    per_connection: usize,
    connections: AtomicUsize,
    texts: Mutex<Vec<String>>,
    arrived: Notify,
    let_go: Semaphore,
}

impl ScriptedServer {
    pub async fn start() -> Self {
        Self::answering("220 here", "250 fine").await
    }

    /// Ending each connection after some messages.
    pub async fn taking(per_connection: usize) -> Self {
        Self::run("220 here", "250 fine", per_connection).await
    }

    /// With its own first line, and its own answer to MAIL FROM.
    pub async fn answering(greeting: &'static str, from: &'static str) -> Self {
        Self::run(greeting, from, usize::MAX).await
    }

    async fn run(greeting: &'static str, from: &'static str, per_connection: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            greeting,
            from,
            per_connection,
            connections: AtomicUsize::new(0),
            texts: Mutex::default(),
            arrived: Notify::new(),
            let_go: Semaphore::new(0),
        });
        let server = ScriptedServer {
            port,
            shared: shared.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(talk(stream, shared.clone()));
            }
        });
        server
    }

    /// Every text that arrived, headers and all.
    pub fn texts(&self) -> Vec<String> {
        self.shared.texts.lock().unwrap().clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Waits until a text has arrived.
    pub async fn text_arrived(&self) {
        self.shared.arrived.notified().await;
    }

    /// Answers one held message.
    pub fn let_go(&self) {
        self.shared.let_go.add_permits(1);
    }
}

async fn talk(stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut recipient = String::new();
    let mut taken = 0;
    let mut answer = shared.greeting.to_owned();
    loop {
        writer
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .ok()?;
        let line = lines.next_line().await.ok()??;
        answer = match line.split([' ', ':']).next()? {
            "MAIL" if taken == shared.per_connection => "421 enough".to_owned(),
            "MAIL" => shared.from.to_owned(),
            "RCPT" => {
                recipient = line.split(['<', '@']).nth(1)?.to_owned();
                match recipient.as_str() {
                    "refused" => format!("550 5.1.1 {line}: no such mailbox"),
                    "busy" => "451 come again".to_owned(),
                    _ => "250 fine".to_owned(),
                }
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.ok()?;
                let mut text = String::new();
                loop {
                    match lines.next_line().await.ok()??.as_str() {
                        "." => break,
                        line => text.push_str(&format!("{line}\n")),
                    }
                }
                shared.texts.lock().unwrap().push(text);
                taken += 1;
                shared.arrived.notify_one();
                match recipient.as_str() {
                    "held" => {
                        shared.let_go.acquire().await.ok()?.forget();
                        "250 taken".to_owned()
                    }
                    "quoted" => {
                        let secret = super::LINK_SECRET;
                        format!(
                            "554 blocked: http://localhost:8080/login?psg_magic_link={secret} and ?x={secret} with 493027"
                        )
                    }
                    _ => "250 taken".to_owned(),
                }
            }
            "QUIT" => return None,
            _ => "250 fine".to_owned(),
        };
    }
}

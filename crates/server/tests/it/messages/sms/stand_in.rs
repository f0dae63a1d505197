//! An SMS provider on a free port: it keeps every request to the letter, and answers as it was told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, target and version.
    pub line: String,
    /// Names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    /// A header that must be there once.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.iter().filter(|(key, _)| key == name).collect();
        assert_eq!(values.len(), 1, "{name}: {:?}", self.headers);
        &values[0].1
    }

    /// The names of all headers.
    pub fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The fields of a form, all of them, in their order.
    pub fn form(&self) -> Vec<(String, String)> {
        assert_eq!(
            self.header("content-type"),
            "application/x-www-form-urlencoded"
        );
        url::form_urlencoded::parse(self.body.as_bytes())
            .into_owned()
            .collect()
    }

    /// Name and secret of basic authentication.
    pub fn credentials(&self) -> String {
        let value = self.header("authorization");
        let encoded = value.strip_prefix("Basic ").expect("basic authentication");
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    }
}

/// What is answered: a status line, further headers, a body. Without any, the connection is closed.
type Answer = Option<(&'static str, &'static str, String)>;

#[derive(Default)]
struct Shared {
    asked: Vec<Asked>,
    answers: VecDeque<Answer>,
}

pub struct StandIn {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl StandIn {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let stand_in = StandIn {
            port,
            shared: shared.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move { talk(stream, &shared).await });
            }
        });
        stand_in
    }

    /// Where it answers.
    pub fn url(&self) -> Url {
        format!("http://127.0.0.1:{}", self.port).parse().unwrap()
    }

    /// Host and port, as they stand in a URL.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Answers the next request so.
    pub fn answers(&self, status: &'static str, headers: &'static str, body: impl Into<String>) {
        let answer = Some((status, headers, body.into()));
        self.shared.lock().unwrap().answers.push_back(answer);
    }

    /// Hangs up on the next request.
    pub fn hangs_up(&self) {
        self.shared.lock().unwrap().answers.push_back(None);
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.lock().unwrap().asked.clone()
    }

    /// The one request that there was.
    #[track_caller]
    pub fn asked_once(&self) -> Asked {
        let mut asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked.remove(0)
    }
}

async fn talk(stream: TcpStream, shared: &Mutex<Shared>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    // A connection that asks nothing is a look whether anybody is there.
    if stream.read_line(&mut line).await.ok()? == 0 {
        return None;
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    let answer = {
        let mut shared = shared.lock().unwrap();
        shared.asked.push(Asked {
            line: line.trim_end().to_owned(),
            headers,
            body: String::from_utf8(body).unwrap(),
        });
        shared.answers.pop_front()
    };
    let (status, headers, body) = answer.expect("an answer was prepared")?;
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.get_mut().write_all(text.as_bytes()).await.ok()
}

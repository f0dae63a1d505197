//! What stands around a deployment: pages of apps, a proxy that speaks TLS, a mail server with an opinion of accounts.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::support::Home;

/// Status, more headers, and the body for a path.
type Page = (&'static str, String, String);

/// A website; the origin at which it answers.
pub fn pages(answer: impl Fn(&str) -> Page + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = serve_page(stream.unwrap(), &answer);
        }
    });
    origin
}

fn serve_page(mut stream: TcpStream, answer: &impl Fn(&str) -> Page) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let (status, headers, body) = answer(first.split(' ').nth(1).unwrap_or_default());
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {}\r\n{headers}connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A private authority that signs certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: tempfile::NamedTempFile,
}

impl Authority {
    pub fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer =
            CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let base64 = base64::engine::general_purpose::STANDARD.encode(issuer.der());
        writeln!(
            file,
            "-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----"
        )
        .unwrap();
        Authority { issuer, file }
    }

    /// Its certificate in PEM.
    pub fn file(&self) -> &Path {
        self.file.path()
    }
}

/// A proxy that speaks TLS as `localhost` and passes on what it hears.
pub struct TlsProxy {
    pub port: u16,
    target: Arc<OnceLock<u16>>,
}

impl TlsProxy {
    /// With a certificate that ends in so many days.
    pub fn new(authority: &Authority, days: i64) -> Self {
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let day = Duration::from_secs(24 * 60 * 60);
        #[expect(
            clippy::disallowed_methods,
            reason = "certificates are judged by the system's clock"
        )]
        let now = SystemTime::now();
        parameters.not_before = (now - 30 * day).into();
        parameters.not_after = if days < 0 {
            (now - day).into()
        } else {
            (now + day * days as u32).into()
        };
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &authority.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let target = Arc::new(OnceLock::new());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = target.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(pass_on(
                listener,
                TlsAcceptor::from(Arc::new(config)),
                shared,
            ));
        });
        TlsProxy { port, target }
    }

    /// Says where to pass things on to.
    pub fn lead_to(&self, port: u16) {
        self.target.set(port).unwrap();
    }
}

async fn pass_on(listener: TcpListener, acceptor: TlsAcceptor, target: Arc<OnceLock<u16>>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, target) = (acceptor.clone(), target.clone());
        tokio::spawn(async move {
            let mut stream = acceptor.accept(stream).await?;
            let mut server =
                tokio::net::TcpStream::connect(("127.0.0.1", *target.get().unwrap())).await?;
            tokio::io::copy_bidirectional(&mut stream, &mut server).await
        });
    }
}

/// A mail server that answers every account alike; its port, and the texts that it took.
pub fn mail_server(to_accounts: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let texts = Arc::new(Mutex::new(Vec::new()));
    let shared = texts.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = talk(stream.unwrap(), to_accounts, &shared);
        }
    });
    (port, texts)
}

/// A provider of text messages that answers every request alike; its port, and the bodies that it was sent.
pub fn sms_provider(status: &'static str, body: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let texts = Arc::new(Mutex::new(Vec::new()));
    let shared = texts.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = take(stream.unwrap(), status, body, &shared);
        }
    });
    (port, texts)
}

fn take(
    mut stream: TcpStream,
    status: &str,
    body: &str,
    texts: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        // Whoever only looks whether anybody is there says nothing.
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent)?;
    texts
        .lock()
        .unwrap()
        .push(String::from_utf8_lossy(&sent).into_owned());
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn talk(
    mut stream: TcpStream,
    to_accounts: &str,
    texts: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    write!(stream, "220 here\r\n")?;
    while let Some(line) = lines.next() {
        let line = line?;
        let answer = match line.split(' ').next().unwrap_or_default() {
            "EHLO" => "250-here\r\n250 AUTH PLAIN",
            "AUTH" => to_accounts,
            "DATA" => {
                write!(stream, "354 go on\r\n")?;
                let text = lines
                    .by_ref()
                    .map_while(Result::ok)
                    .take_while(|line| line != ".");
                let text: Vec<_> = text.collect();
                texts.lock().unwrap().push(text.join("\n"));
                "250 taken"
            }
            "QUIT" => return write!(stream, "221 bye\r\n"),
            _ => "250 fine",
        };
        write!(stream, "{answer}\r\n")?;
    }
    Ok(())
}

/// A server that says it is reached elsewhere than it listens; killed at the end.
pub struct PublicServer {
    pub port: u16,
    child: Child,
}

impl PublicServer {
    pub fn new(home: &Home, public_url: &str) -> Self {
        // What listens on a port of the system's choice would not tell which.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let listen = format!("127.0.0.1:{port}");
        let mut child = home
            .command(&["serve", "--listen", &listen, "--public-url", public_url])
            .env("GINNEL_EXAMPLE_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let server = PublicServer { port, child };
        let mut lines = lines.map_while(Result::ok);
        assert!(
            lines.any(|line| line.contains("Stop with Ctrl-C")),
            "the server ended"
        );
        server
    }
}

impl Drop for PublicServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

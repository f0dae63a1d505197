//! A gateway that runs in a folder of its own, and requests to it, sent as they are written.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::Duration;

use tempfile::TempDir;

use super::site;
use crate::support::TestApp;

/// Which gateway, by which configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    GuideNginx,
    GuideCaddy,
    ExampleNginx,
    ExampleCaddy,
}

/// A running gateway; stopped with the test.
pub struct Gateway {
    kind: Kind,
    address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Gateway {
    /// Starts it in front of a site, asking `ginnel` about the app. `None`, with the reason printed once, without the program.
    pub fn start(kind: Kind, ginnel: SocketAddr, app: &TestApp) -> Option<Self> {
        let is_nginx = matches!(kind, Kind::GuideNginx | Kind::ExampleNginx);
        let program = find_program(if is_nginx { "nginx" } else { "caddy" })?;
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let log = folder.path().join("log");
        let mut command = match kind {
            Kind::ExampleNginx | Kind::ExampleCaddy => example(folder.path(), &program),
            Kind::GuideNginx | Kind::GuideCaddy => guide(folder.path(), &program, |text| {
                text.replace("YOUR_APPLICATION_ID", app.id.as_str())
                    .replace("localhost:8400", &ginnel.to_string())
                    .replace("127.0.0.1:8400", &ginnel.to_string())
                    .replace("127.0.0.1:3000", &site::start().to_string())
                    .replace("8080", &port.to_string())
                    .replace(" 5s", " 1s")
            }),
        };
        let mut child = command
            .env("GINNEL_APP_ID", app.id.as_str())
            .env("GINNEL_URL", format!("http://{ginnel}"))
            .env("PORT", port.to_string())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        while TcpStream::connect(address).is_err() {
            let ended = child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "{}",
                std::fs::read_to_string(&log).unwrap()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Gateway {
            kind,
            address,
            child,
            _folder: folder,
        })
    }

    /// Sends a request on a connection of its own.
    #[track_caller]
    pub fn send(&self, request: &Request) -> Answer {
        let mut stream = self.open(request);
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer::parse(&String::from_utf8_lossy(&bytes))
    }

    /// Sends a request that opens a socket, and a line over that: what comes back, or the status of the refusal.
    pub fn echo(&self, request: &Request, line: &str) -> Result<String, u16> {
        let mut stream = self.open(request);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let answer = Answer::parse(&String::from_utf8(head).unwrap());
        if answer.status != 101 {
            return Err(answer.status);
        }
        stream.write_all(line.as_bytes()).unwrap();
        let mut back = vec![0; line.len()];
        stream.read_exact(&mut back).unwrap();
        Ok(String::from_utf8(back).unwrap())
    }

    /// Whether an answer shows what only signed-in users see.
    pub fn shows_guarded(&self, answer: &Answer) -> bool {
        match self.kind {
            // The site answers 200 to everything that reaches it.
            Kind::GuideNginx | Kind::GuideCaddy => answer.status == 200,
            Kind::ExampleNginx | Kind::ExampleCaddy => {
                answer.text.contains("Hello,") || answer.text.contains("userID")
            }
        }
    }

    fn open(&self, request: &Request) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        // The gateway may answer before it has read all.
        let _ = stream.write_all(request.text(self.address.port()).as_bytes());
        stream
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It stops what it started.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.child.wait();
    }
}

fn find_program(name: &str) -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        SAID.call_once(|| {
            let _ = writeln!(
                std::io::stderr(),
                "tests with real gateways are skipped: {name} is not installed (scripts/install-test-tools installs it)"
            );
        });
    }
    found
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The example as its README starts it, in a copy without the tester's own settings.
fn example(folder: &Path, program: &Path) -> Command {
    let copy = folder.join("gateway-nginx");
    for (from, to) in [
        ("examples/gateway-nginx", copy.clone()),
        ("examples/shared", folder.join("shared")),
    ] {
        let mut copying = Command::new("cp");
        copying.arg("-r").arg(repository().join(from)).arg(to);
        assert!(copying.status().unwrap().success());
    }
    let _ = std::fs::remove_file(copy.join(".env"));
    let mut command = Command::new(copy.join("start"));
    command.arg(program.file_name().unwrap());
    command
}

/// The guide's block for the program, with the addresses of the test in place of its own.
fn guide(folder: &Path, program: &Path, fill: impl Fn(&str) -> String) -> Command {
    let guide = std::fs::read_to_string(repository().join("docs/gateways.md")).unwrap();
    let block = |language: &str| {
        let (_, rest) = guide.split_once(&format!("```{language}\n")).unwrap();
        fill(rest.split_once("\n```").unwrap().0)
    };
    let mut command = Command::new(program);
    if program.ends_with("caddy") {
        let file = folder.join("Caddyfile");
        let options = "{\n\tadmin off\n\tauto_https off\n}\n";
        std::fs::write(&file, format!("{options}{}\n", block("caddyfile"))).unwrap();
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(file)
            .env("XDG_CONFIG_HOME", folder)
            .env("XDG_DATA_HOME", folder);
        return command;
    }
    let mut main = String::from("daemon off; pid nginx.pid; error_log stderr; events {}\nhttp {\n");
    // By root, workers would be somebody else, who cannot open the folder.
    if rustix::process::geteuid().is_root() {
        main.insert_str(0, "user root; ");
    }
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        main += &format!("{name}_temp_path {name};\n");
    }
    main += "access_log off;\ninclude site.conf;\n}\n";
    std::fs::write(folder.join("site.conf"), block("nginx")).unwrap();
    std::fs::write(folder.join("nginx.conf"), main).unwrap();
    command
        .arg("-p")
        .arg(folder)
        .args(["-c", "nginx.conf", "-e", "stderr"]);
    command
}

/// A request; its path is sent as it stands here.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: vec![("Connection".to_owned(), "close".to_owned())],
            body: String::new(),
        }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// Sets a header, in place of one of the same name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self.header("Content-Length", &body.len().to_string())
    }

    /// A body whose length is not told before.
    pub fn chunked(mut self, body: &str) -> Self {
        self.body = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        self.header("Transfer-Encoding", "chunked")
    }

    fn text(&self, port: u16) -> String {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nHost: localhost:{port}\r\n",
            self.method, self.path
        );
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text + "\r\n" + &self.body
    }
}

/// An answer: all of it as text, and its status.
pub struct Answer {
    pub status: u16,
    head: String,
    /// The body.
    pub text: String,
}

impl Answer {
    #[track_caller]
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect(text);
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            text: body.to_owned(),
        }
    }

    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .next()
    }
}

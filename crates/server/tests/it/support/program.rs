//! The built program: its commands in a data folder of their own, and a running server to talk to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

/// A folder in which the program runs, with nothing configured.
pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Home {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The program with these arguments, its data in this folder, and none of the tester's own settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ginnel"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("GINNEL_DATA_DIR", "data")
            .env("GINNEL_LOG", "warn");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Standard output of a command that must succeed.
    #[track_caller]
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The sentence of a command that must fail with exit code 1.
    #[track_caller]
    pub fn fail(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Starts the server on a port that the system picks, and waits until it has said where it listens.
    pub fn serve(&self, arguments: &[&str]) -> Server {
        self.serve_with(arguments, |_| ())
    }

    /// The same, after a change to the command.
    pub fn serve_with(&self, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command
            .args(arguments)
            .env("GINNEL_EXAMPLE_LISTEN", "127.0.0.1:0")
            .env("GINNEL_FLOOD_BURST", "0")
            .stdout(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        while !greeting.contains("Stop with Ctrl-C") {
            let read = output.read_line(&mut greeting).unwrap();
            assert_ne!(read, 0, "the server ended: {greeting}");
        }
        let address = greeting.split("runs at http://").nth(1).unwrap();
        let address = address.split_whitespace().next().unwrap();
        Server {
            address: address.trim_end_matches("\u{1b}[0m").to_owned(),
            greeting,
            output,
            child,
        }
    }
}

/// A server that runs; killed if the test ends before it does.
pub struct Server {
    /// Host and port.
    pub address: String,
    /// What it said at its start.
    pub greeting: String,
    /// What it says after that.
    output: BufReader<ChildStdout>,
    child: Child,
}

impl Server {
    /// Sends one request on a connection of its own; status and body. `None` if the connection broke.
    pub fn send(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        send(&self.address, method, path, body)
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        self.send("GET", path, "").unwrap()
    }

    pub fn post(&self, path: &str, body: &Json) -> Option<(u16, String)> {
        self.send("POST", path, &body.to_string())
    }

    /// The next line of its output that holds a text; waits for it.
    pub fn next_line_with(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).unwrap();
            assert_ne!(read, 0, "the server ended without saying {text}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// SIGTERM, as an init system sends it.
    pub fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap()
    }

    /// SIGKILL: no chance to tidy up. Others may be talking to it at the time.
    pub fn kill(&self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-KILL", &id]).status().unwrap();
        assert!(sent.success());
    }
}

/// Sends one request to an address; status and body. `None` if the connection broke.
pub fn send(address: &str, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

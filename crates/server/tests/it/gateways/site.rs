//! A site behind a gateway that answers with what it was sent, head and body, and echoes on a socket.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Starts it; it ends with the test program.
pub fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    address
}

/// One request on each connection. A gateway that goes away ends it.
fn answer(mut stream: TcpStream) -> Option<()> {
    let mut received = Vec::new();
    let head = loop {
        read(&mut stream, &mut received)?;
        let text = String::from_utf8_lossy(&received);
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            break head.to_owned();
        }
    };
    let lower = head.to_ascii_lowercase();
    if lower.contains("upgrade: websocket") {
        let answer =
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n";
        stream.write_all(answer.as_bytes()).ok()?;
        loop {
            let mut said = Vec::new();
            read(&mut stream, &mut said)?;
            stream.write_all(&said).ok()?;
        }
    }
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse::<usize>().unwrap());
    let is_chunked = lower.contains("transfer-encoding: chunked");
    while received.len() < head.len() + 4 + length
        || (is_chunked && !received.ends_with(b"0\r\n\r\n"))
    {
        read(&mut stream, &mut received)?;
    }
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        received.len()
    );
    let is_head = head.starts_with("HEAD ");
    stream.write_all(answer.as_bytes()).ok()?;
    stream.write_all(if is_head { b"" } else { &received }).ok()
}

fn read(stream: &mut TcpStream, into: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 16 * 1024];
    let length = stream.read(&mut buffer).ok()?;
    into.extend_from_slice(&buffer[..length]);
    (length > 0).then_some(())
}

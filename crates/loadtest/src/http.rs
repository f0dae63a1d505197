//! A keep-alive HTTP/1.1 connection that does only what the load needs, so that the client's core is not what is measured.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection; a request at a time.
pub struct Connection {
    stream: TcpStream,
    host: String,
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
}

/// A request. Bodies are JSON.
#[derive(Default)]
pub struct Request<'a> {
    pub method: &'static str,
    pub path: &'a str,
    /// Origin of the page that asks.
    pub origin: Option<&'a str>,
    /// Auth token of the person who asks.
    pub token: Option<&'a str>,
    /// The browser's cookie.
    pub cookie: Option<&'a str>,
    pub body: Option<&'a str>,
}

/// An answer, its head and body still in the connection's buffer.
pub struct Answer<'a> {
    pub status: u16,
    head: &'a [u8],
    pub body: &'a [u8],
}

/// An answer with another status than the one that the contract names.
#[derive(Debug)]
pub struct Unexpected {
    pub expected: u16,
    pub status: u16,
    pub body: String,
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unexpected {
            expected,
            status,
            body,
        } = self;
        write!(
            f,
            "{expected} was expected, but the server answered {status}: {body}"
        )
    }
}

impl Error for Unexpected {}

impl<'a> Answer<'a> {
    /// The body if the status is the one that the contract names, else an error that quotes the answer: [`Unexpected`].
    pub fn expect(&self, status: u16) -> Result<&'a [u8]> {
        if self.status != status {
            let body = String::from_utf8_lossy(self.body).into_owned();
            return Err(Unexpected {
                expected: status,
                status: self.status,
                body,
            }
            .into());
        }
        Ok(self.body)
    }

    /// A header's first value; `name` in small letters.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let head = std::str::from_utf8(self.head).ok()?;
        let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
        let (_, value) = fields.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }
}

impl Connection {
    /// Connects to a server.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            host: format!("localhost:{}", address.port()),
            outgoing: Vec::with_capacity(4096),
            incoming: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request and waits for the whole answer.
    pub async fn send(&mut self, request: &Request<'_>) -> Result<Answer<'_>> {
        self.write(request);
        self.stream.write_all(&self.outgoing).await?;
        self.incoming.clear();
        let head = loop {
            self.read().await?;
            if let Some(head) = Head::parse(&self.incoming)? {
                break head;
            }
        };
        while self.incoming.len() < head.end + head.content_length {
            self.read().await?;
        }
        Ok(Answer {
            status: head.status,
            head: &self.incoming[..head.end],
            body: &self.incoming[head.end..head.end + head.content_length],
        })
    }

    fn write(&mut self, request: &Request<'_>) {
        self.outgoing.clear();
        let body = request.body.unwrap_or_default();
        let mut write = |parts: &[&str]| {
            for part in parts {
                self.outgoing.extend_from_slice(part.as_bytes());
            }
        };
        write(&[request.method, " ", request.path, " HTTP/1.1\r\n"]);
        write(&["host: ", &self.host, "\r\n"]);
        write(&["user-agent: ginnel-loadtest\r\n"]);
        if let Some(origin) = request.origin {
            write(&["origin: ", origin, "\r\n"]);
        }
        if let Some(token) = request.token {
            write(&["authorization: Bearer ", token, "\r\n"]);
        }
        if let Some(cookie) = request.cookie {
            write(&["cookie: ", cookie, "\r\n"]);
        }
        if request.body.is_some() {
            let length = body.len().to_string();
            write(&["content-type: application/json\r\n"]);
            write(&["content-length: ", &length, "\r\n"]);
        }
        write(&["\r\n", body]);
    }

    async fn read(&mut self) -> Result<()> {
        let length = self.stream.read_buf(&mut self.incoming).await?;
        if length == 0 {
            bail!("The server closed the connection in the middle of an answer.");
        }
        Ok(())
    }
}

/// What must be known of an answer's head.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    content_length: usize,
    /// Where the body begins.
    end: usize,
}

impl Head {
    /// Reads the head; `None` while it has not arrived in full.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(blank) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&bytes[..blank])?;
        let mut lines = head.split("\r\n");
        let status: u16 = lines
            .next()
            .and_then(|line| line.strip_prefix("HTTP/1.1 "))
            .and_then(|rest| rest.get(..3))
            .context("The answer is not HTTP/1.1.")?
            .parse()?;
        let content_length = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let content_length = match content_length {
            Some((_, length)) => length.trim().parse()?,
            // RFC 9110 §8.6.
            None if status == 204 => 0,
            None => bail!("The answer does not say how long it is: {head}"),
        };
        Ok(Some(Head {
            status,
            content_length,
            end: blank + 4,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_head_once_it_is_whole() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        for end in 0..answer.len() - 2 {
            assert_eq!(Head::parse(&answer[..end]).unwrap(), None, "{end} bytes");
        }
        let expected = Head {
            status: 201,
            content_length: 2,
            end: answer.len() - 2,
        };
        assert_eq!(Head::parse(answer).unwrap(), Some(expected));
        let empty = Head::parse(b"HTTP/1.1 204 No Content\r\nx: y\r\n\r\n").unwrap();
        assert_eq!(empty.map(|head| head.content_length), Some(0));
    }

    #[test]
    fn refuses_what_it_cannot_measure() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(Head::parse(b"SSH-2.0\r\n\r\n").is_err());
    }
}

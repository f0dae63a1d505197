//! One connection of a mail client: as much of SMTP (RFC 5321) as a sender needs that wants neither TLS nor a password.

use anyhow::{Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How long a command or a mail may be, bytes.
const TEXT_MAX: usize = 1024 * 1024;

/// A client that is connected.
pub struct Session {
    stream: TcpStream,
    incoming: Vec<u8>,
    stop: watch::Receiver<()>,
    has_sender: bool,
    recipient: Option<String>,
}

impl Session {
    /// `stop` ends it, once its sender is gone.
    pub fn new(stream: TcpStream, stop: watch::Receiver<()>) -> Self {
        Session {
            stream,
            incoming: Vec::with_capacity(16 * 1024),
            stop,
            has_sender: false,
            recipient: None,
        }
    }

    /// Talks until the client leaves or the sink is switched off. `take` gets recipient and mail, and may refuse it.
    ///
    /// A mail that was taken is also answered: to stop in between would be the one moment in which a sender cannot know
    /// that it has to send nothing more (RFC 1047).
    pub async fn talk(mut self, take: impl Fn(&str, &[u8]) -> Result<()>) -> Result<()> {
        self.answer("220 loadtest").await?;
        while let Some(line) = self.line().await? {
            let verb = line.split([' ', ':']).next().unwrap_or_default();
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.answer("250-loadtest\r\n250 8BITMIME").await?,
                "HELO" | "NOOP" => self.answer("250 OK").await?,
                "MAIL" => {
                    self.reset();
                    self.has_sender = true;
                    self.answer("250 OK").await?;
                }
                "RCPT" if self.has_sender => {
                    self.recipient = address(&line).map(str::to_owned);
                    match self.recipient {
                        Some(_) => self.answer("250 OK").await?,
                        None => self.answer("501 No address").await?,
                    }
                }
                "DATA" => {
                    let Some(recipient) = self.recipient.take() else {
                        self.answer("503 No recipient").await?;
                        continue;
                    };
                    self.answer("354 Go on").await?;
                    let Some(mail) = self.mail().await? else {
                        return Ok(());
                    };
                    self.reset();
                    match take(&recipient, &mail) {
                        Ok(()) => self.answer("250 Taken").await?,
                        Err(error) => self.answer(&format!("554 {error}")).await?,
                    }
                }
                "RSET" => {
                    self.reset();
                    self.answer("250 OK").await?;
                }
                "QUIT" => return self.answer("221 Goodbye").await,
                _ => self.answer("503 Not now, or not here").await?,
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.has_sender = false;
        self.recipient = None;
    }

    /// The text up to the line that is a dot, dots at the begin of a line taken away (RFC 5321 §4.5.2).
    async fn mail(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(text) = self.until(b"\r\n.\r\n").await? else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&text)?;
        let mut mail = String::with_capacity(text.len() + 2);
        for line in text.split("\r\n") {
            mail.push_str(line.strip_prefix('.').unwrap_or(line));
            mail.push_str("\r\n");
        }
        Ok(Some(mail.into_bytes()))
    }

    async fn line(&mut self) -> Result<Option<String>> {
        let line = self.until(b"\r\n").await?;
        Ok(line.map(String::from_utf8).transpose()?)
    }

    /// What comes before `end`, which is taken, too; `None` once nothing more comes, or the sink is switched off.
    async fn until(&mut self, end: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            let unsearched = &self.incoming[searched..];
            let found = unsearched.windows(end.len()).position(|bytes| bytes == end);
            if let Some(position) = found {
                let rest = self.incoming.split_off(searched + position + end.len());
                let mut text = std::mem::replace(&mut self.incoming, rest);
                text.truncate(searched + position);
                return Ok(Some(text));
            }
            searched = (self.incoming.len() + 1).saturating_sub(end.len());
            if self.incoming.len() > TEXT_MAX {
                bail!("A line or a mail is longer than {TEXT_MAX} bytes.");
            }
            let length = tokio::select! {
                biased;
                _ = self.stop.changed() => 0,
                read = self.stream.read_buf(&mut self.incoming) => read?,
            };
            if length == 0 {
                return Ok(None);
            }
        }
    }

    async fn answer(&mut self, answer: &str) -> Result<()> {
        let line = format!("{answer}\r\n");
        Ok(self.stream.write_all(line.as_bytes()).await?)
    }
}

/// What stands between `<` and `>`.
fn address(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    (!address.is_empty()).then_some(address)
}

//! The sink as a mail client finds it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

struct Client {
    stream: TcpStream,
}

impl Client {
    async fn connect(sink: &Sink) -> std::io::Result<Self> {
        let stream = TcpStream::connect(sink.address()).await?;
        let mut client = Client { stream };
        client.expect("220").await;
        client.say("EHLO test\r\n", "250").await;
        Ok(client)
    }

    async fn expect(&mut self, code: &str) {
        let mut answer = vec![0; 512];
        let length = self.stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.starts_with(code), "{code} and not {answer:?}");
    }

    async fn say(&mut self, text: &str, code: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.expect(code).await;
    }

    async fn begin(&mut self, to: &str) {
        self.say("MAIL FROM:<login@example.com>\r\n", "250").await;
        self.say(&format!("RCPT TO:<{to}>\r\n"), "250").await;
        self.say("DATA\r\n", "354").await;
    }

    async fn send(&mut self, to: &str, id: &str) {
        self.begin(to).await;
        let mail = format!(
            "Message-ID: <{id}@example.com>\r\n\r\n..begins with a dot\r\nhttp://localhost/?psg_magic_link=s-{id}\r\n123456\r\n.\r\n"
        );
        self.say(&mail, "250").await;
    }
}

#[tokio::test]
async fn takes_mails_of_many_connections() {
    let sink = Sink::start().unwrap();
    let mut first = Client::connect(&sink).await.unwrap();
    let mut second = Client::connect(&sink).await.unwrap();
    first.begin("ada@example.com").await;
    second.send("bob@example.com", "2").await;
    let mail = "Message-ID: <1@example.com>\r\n\r\n?psg_magic_link=s-1\r\n654321\r\n.\r\n";
    first.say(mail, "250").await;
    first.say("NOOP\r\n", "250").await;
    first.say("QUIT\r\n", "221").await;
    assert_eq!(sink.wait_for(2, PATIENCE).await.unwrap(), 2);
    let found: Vec<_> = sink
        .take()
        .into_iter()
        .map(|mail| (mail.to, mail.secrets.link, mail.secrets.code))
        .collect();
    let of = |to: &str, link: &str, code: &str| (to.to_owned(), link.to_owned(), code.to_owned());
    assert_eq!(
        found,
        [
            of("bob@example.com", "s-2", "123456"),
            of("ada@example.com", "s-1", "654321")
        ]
    );
}

#[tokio::test]
async fn counts_what_comes_twice_once() {
    let sink = Sink::start().unwrap();
    let mut client = Client::connect(&sink).await.unwrap();
    client.send("ada@example.com", "1").await;
    client.send("ada@example.com", "1").await;
    client.send("ada@example.com", "2").await;
    client.begin("ada@example.com").await;
    let notice = "Message-ID: <notice@example.com>\r\n\r\nYour passkey is gone.\r\n.\r\n";
    client.say(notice, "250").await;
    assert_eq!((sink.count(), sink.doubled()), (2, 1));
    assert_eq!(sink.take().len(), 2);
    client.send("ada@example.com", "1").await;
    assert_eq!((sink.count(), sink.doubled()), (0, 2));
}

#[tokio::test]
async fn takes_nothing_while_it_is_off() {
    let mut sink = Sink::start().unwrap();
    let mut client = Client::connect(&sink).await.unwrap();
    client.begin("ada@example.com").await;
    let half = b"Message-ID: <1@example.com>\r\n\r\n?psg_magic";
    client.stream.write_all(half).await.unwrap();
    sink.switch_off().await.unwrap();
    let mut rest = Vec::new();
    // Closed, be it in order or because half a mail was not read.
    let _ = client.stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert!(Client::connect(&sink).await.is_err());
    sink.switch_on().unwrap();
    let mut client = Client::connect(&sink).await.unwrap();
    client.send("ada@example.com", "1").await;
    assert_eq!((sink.count(), sink.doubled()), (1, 0));
}

#[tokio::test]
async fn refuses_and_tells_what_it_cannot_read() {
    let sink = Sink::start().unwrap();
    let mut client = Client::connect(&sink).await.unwrap();
    client.say("DATA\r\n", "503").await;
    client.say("RCPT TO:<ada@example.com>\r\n", "503").await;
    client.begin("ada@example.com").await;
    client.say("Subject: no id\r\n\r\n.\r\n", "554").await;
    let error = sink.wait_for(1, PATIENCE).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "A mail cannot be read: The mail has no Message-ID."
    );
}

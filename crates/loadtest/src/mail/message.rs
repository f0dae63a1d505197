//! What a mail says, as far as the load needs it: who it is, the link's secret, and the code.

use std::borrow::Cow;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The parameters by which a link carries its secret.
const PARAMETERS: [&str; 2] = ["psg_magic_link=", "psg_verify_link="];

/// What was read of a mail.
#[derive(Debug, PartialEq)]
pub struct Message {
    /// `Message-ID`, which a second copy of the same mail bears, too.
    pub id: String,
    /// The secret in the link, and the code beside it; none in a mere notice.
    pub secrets: Option<Secrets>,
}

/// What signs in.
#[derive(Debug, Clone, PartialEq)]
pub struct Secrets {
    /// From the link's query.
    pub link: String,
    /// Six digits.
    pub code: String,
}

impl Message {
    /// Reads a mail (RFC 5322) whose text is a part of its own, as in `multipart/alternative` (RFC 2046 §5.1.4), or all of it.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mail = std::str::from_utf8(bytes).context("The mail is not in UTF-8.")?;
        let whole = Entity::parse(mail);
        let id = whole
            .header("message-id")
            .context("The mail has no Message-ID.")?;
        let text = whole.text()?;
        Ok(Message {
            id: id.trim().to_owned(),
            secrets: secrets(&text),
        })
    }
}

/// The code stands on a line of its own, the link after whatever.
fn secrets(text: &str) -> Option<Secrets> {
    let secret = PARAMETERS
        .iter()
        .find_map(|parameter| text.split_once(parameter))?;
    let is_secret = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let link = secret.1.split(|letter| !is_secret(letter)).next()?;
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    let code = text.lines().map(str::trim).find(is_code)?;
    Some(Secrets {
        link: link.to_owned(),
        code: code.to_owned(),
    })
}

/// A mail or a part of one (RFC 2045 §2.4).
struct Entity<'a> {
    head: &'a str,
    body: &'a str,
}

impl<'a> Entity<'a> {
    fn parse(text: &'a str) -> Self {
        // A part may have no headers at all, and then begins with the empty line.
        let (head, body) = match text.strip_prefix("\r\n") {
            Some(body) => ("", body),
            None => text.split_once("\r\n\r\n").unwrap_or((text, "")),
        };
        Entity { head, body }
    }

    /// A header's value, unfolded (RFC 5322 §2.2.3).
    fn header(&self, wanted: &str) -> Option<Cow<'a, str>> {
        let mut lines = self.head.split("\r\n").peekable();
        while let Some(line) = lines.next() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let mut value = Cow::Borrowed(value.trim());
            while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
                value.to_mut().push_str(more);
            }
            if name.eq_ignore_ascii_case(wanted) {
                return Some(value);
            }
        }
        None
    }

    /// The text, decoded.
    fn text(&self) -> Result<String> {
        let kind = self.header("content-type").unwrap_or("text/plain".into());
        if kind.starts_with("text/plain") {
            return self.decoded();
        }
        let boundary = parameter(&kind, "boundary")
            .with_context(|| format!("The mail is {kind} and has no text part."))?;
        let separator = format!("--{boundary}");
        let parts = self.body.split(&separator).skip(1);
        parts
            .filter_map(|part| part.strip_prefix("\r\n"))
            .map(Entity::parse)
            .find(|part| {
                let kind = part.header("content-type");
                kind.is_none_or(|kind| kind.starts_with("text/plain"))
            })
            .context("None of the mail's parts is plain text.")?
            .decoded()
    }

    /// The body without its transfer encoding (RFC 2045 §6).
    fn decoded(&self) -> Result<String> {
        let encoding = self.header("content-transfer-encoding");
        let encoding = encoding.unwrap_or("7bit".into()).to_ascii_lowercase();
        let bytes = match encoding.as_str() {
            "7bit" | "8bit" | "binary" => return Ok(self.body.to_owned()),
            "quoted-printable" => quoted_printable(self.body)?,
            "base64" => STANDARD.decode(self.body.split_whitespace().collect::<String>())?,
            _ => bail!("The text is encoded as {encoding}, which nobody sends."),
        };
        String::from_utf8(bytes).context("The mail's text is not in UTF-8.")
    }
}

/// A parameter of a header, with or without quotes (RFC 2045 §5.1).
fn parameter<'a>(value: &'a str, wanted: &str) -> Option<&'a str> {
    let mut parameters = value.split(';').skip(1);
    let found = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then_some(value)
    })?;
    Some(found.trim().trim_matches('"'))
}

/// RFC 2045 §6.7.
fn quoted_printable(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('=') {
        bytes.extend_from_slice(plain.as_bytes());
        rest = if let Some(after_soft_break) = escaped.strip_prefix("\r\n") {
            after_soft_break
        } else {
            let digits = escaped.get(..2).context("The text ends within an =XX.")?;
            let byte = u8::from_str_radix(digits, 16);
            bytes.push(byte.with_context(|| format!("={digits} is no encoded byte."))?);
            &escaped[2..]
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(encoding: &str, text: &str) -> String {
        format!(
            "From: Test <login@example.com>\r\nMessage-ID:\r\n <1@example.com>\r\n\
             Content-Type: multipart/alternative;\r\n boundary=\"b1\"\r\n\r\n\
             --b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n\
             {text}\r\n--b1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>999999</p>\r\n--b1--\r\n"
        )
    }

    fn read(encoding: &str, text: &str) -> Message {
        Message::read(mail(encoding, text).as_bytes()).unwrap()
    }

    fn with(link: &str, code: &str) -> Message {
        Message {
            id: "<1@example.com>".to_owned(),
            secrets: Some(Secrets {
                link: link.to_owned(),
                code: code.to_owned(),
            }),
        }
    }

    #[test]
    fn reads_link_and_code_in_each_encoding() {
        let plain = "Sign in:\r\nhttp://localhost/login?psg_magic_link=aB-_9\r\n\r\n    012345\r\n";
        assert_eq!(read("7bit", plain), with("aB-_9", "012345"));
        let quoted = "Gr=C3=BC=C3=9Fe:\r\nhttp://localhost/lo=\r\ngin?psg_verify_link=3DaB-=\r\n_9\r\n\r\n    012345\r\n";
        assert_eq!(read("quoted-printable", quoted), with("aB-_9", "012345"));
        let encoded = STANDARD.encode(plain);
        let (first, second) = encoded.split_at(20);
        let encoded = format!("{first}\r\n{second}");
        assert_eq!(read("base64", &encoded), with("aB-_9", "012345"));
    }

    #[test]
    fn reads_a_mail_that_is_nothing_but_text() {
        let mail = "message-id: <2@example.com>\r\n\r\n?psg_magic_link=x\r\n123456\r\n";
        let message = Message::read(mail.as_bytes()).unwrap();
        assert_eq!(message.id, "<2@example.com>");
        assert_eq!(message.secrets.unwrap().code, "123456");
    }

    #[test]
    fn finds_nothing_in_a_notice() {
        let notice = "Your account got a passkey.\r\n123456\r\n";
        assert_eq!(read("7bit", notice).secrets, None);
    }

    #[test]
    fn says_what_it_cannot_read() {
        for (mail, expected) in [
            ("Subject: x\r\n\r\nhello", "The mail has no Message-ID."),
            (
                "Message-ID: <1@x>\r\nContent-Type: text/html\r\n\r\nhello",
                "The mail is text/html and has no text part.",
            ),
            (
                "Message-ID: <1@x>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=zz",
                "=zz is no encoded byte.",
            ),
        ] {
            let error = Message::read(mail.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}

//! Somebody who is signed in to the Console: the operator, who came first and with a software passkey.

use anyhow::{Context as _, Result, bail};

use crate::app::TestedApp;
use crate::http::{Connection, Request};
use crate::phases::ceremonies;
use crate::server::Server;

/// The number of the operator among the users of the Console's app.
const OPERATOR: u64 = 0;

/// Where the element's token becomes a cookie.
const EXCHANGE: &str = "/console/session";

/// A browser with the Console's cookie.
pub struct Visitor {
    connection: Connection,
    cookie: String,
}

impl Visitor {
    /// Signs the operator in; up, if nobody runs the server yet.
    pub async fn enter(server: &Server, console_id: &str, is_first: bool) -> Result<Self> {
        let mut connection = Connection::open(server.address).await?;
        let origin = server.origin();
        let app = TestedApp::new(console_id.to_owned(), "localhost".to_owned(), origin, 1);
        let tokens = if is_first {
            ceremonies::register(&mut connection, &app, OPERATOR).await?
        } else {
            ceremonies::login(&mut connection, &app, OPERATOR).await?
        };
        let request = Request {
            method: "POST",
            path: EXCHANGE,
            origin: Some(&app.origin),
            token: Some(&tokens.auth_token),
            body: Some("{}"),
            ..Request::default()
        };
        let answer = connection.send(&request).await?;
        answer.expect(200).context(EXCHANGE)?;
        let cookie = answer
            .header("set-cookie")
            .and_then(|cookie| cookie.split(';').next())
            .context("The exchange of the token gives no cookie.")?
            .to_owned();
        Ok(Visitor { connection, cookie })
    }

    /// Loads a page.
    pub async fn get(&mut self, path: &str) -> Result<&str> {
        let request = Request {
            method: "GET",
            path,
            cookie: Some(&self.cookie),
            ..Request::default()
        };
        let answer = self.connection.send(&request).await?;
        let body = answer.expect(200).with_context(|| path.to_owned())?;
        Ok(std::str::from_utf8(body)?)
    }

    /// Follows a list's link to the next page so many times; the path at which it ends.
    pub async fn follow(&mut self, path: &str, times: usize) -> Result<String> {
        let mut path = path.to_owned();
        for done in 0..times {
            let Some(next) = next_page(self.get(&path).await?) else {
                bail!("{path} has no next page; {done} of {times} were followed.");
            };
            path = next;
        }
        Ok(path)
    }
}

/// The address in a page's link to the next one, as a browser sends it.
fn next_page(page: &str) -> Option<String> {
    let (before, after) = page.split_once(r#"rel="next""#)?;
    let (_, start) = before.rsplit_once("<a ")?;
    let (end, _) = after.split_once('>')?;
    let link = format!("{start}{end}");
    let (_, rest) = link.split_once(r#"href=""#)?;
    let (address, _) = rest.split_once('"')?;
    let (address, _) = address.split_once('#').unwrap_or((address, ""));
    Some(address.replace("&#38;", "&").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_next_page() {
        let page = r#"<a href="/first">First</a> <a class="b" href="/x?q=&amp;after=7-a#events" rel="next">Next</a>"#;
        assert_eq!(next_page(page).as_deref(), Some("/x?q=&after=7-a"));
        let page = r#"<a rel="next" href="/x?after=2">Next</a>"#;
        assert_eq!(next_page(page).as_deref(), Some("/x?after=2"));
        assert_eq!(next_page("<a href=\"/first\">First</a>"), None);
    }
}

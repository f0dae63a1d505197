//! One browser: asks over a connection that is made anew whenever it breaks, and notes in the ledger what fails.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use super::ledger::{Ledger, REFUSALS};
use crate::app::TestedApp;
use crate::http::{Connection, Unexpected};
use crate::machine;

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);

/// How long is tried to connect.
const CONNECT_WITHIN: Duration = Duration::from_secs(90);

/// How a request ended.
pub enum Ending<T> {
    /// As the contract says.
    Done(T),
    /// Refused: a status below 500 other than the contract's.
    Refused(String),
    /// The server cannot: 500 or more. Whether something was written, nobody knows.
    Unavailable,
    /// No answer, or none that can be read.
    Unanswered,
}

impl<T> Ending<T> {
    /// In words: what it holds may be a secret.
    pub fn name(&self) -> &str {
        match self {
            Ending::Done(_) => "done",
            Ending::Refused(words) => words,
            Ending::Unavailable => "unavailable",
            Ending::Unanswered => "unanswered",
        }
    }
}

/// A browser.
pub struct Client {
    pub ledger: Rc<Ledger>,
    pub address: SocketAddr,
    connection: Option<Connection>,
}

impl Client {
    /// Connects when there is something to ask.
    pub fn new(ledger: &Rc<Ledger>, address: SocketAddr) -> Self {
        Client {
            ledger: Rc::clone(ledger),
            address,
            connection: None,
        }
    }

    /// Asks something, and notes it if that fails.
    pub async fn ask<T>(
        &mut self,
        ask: impl AsyncFnOnce(&mut Connection, &TestedApp) -> Result<T>,
    ) -> Ending<T> {
        let connection = match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.connect().await,
        };
        let begin = machine::now();
        let asked = async {
            let mut connection = connection?;
            let result = ask(&mut connection, &self.ledger.app).await;
            anyhow::Ok((connection, result))
        };
        let asked = tokio::time::timeout(ANSWER_WITHIN, asked).await;
        let (connection, result) = match asked {
            Ok(Ok(asked)) => asked,
            Ok(Err(error)) => return self.unanswered(begin, &format!("{error:#}")),
            Err(_) => return self.unanswered(begin, "no answer for 40 s"),
        };
        match result.map_err(|error| error.downcast::<Unexpected>()) {
            Ok(value) => {
                self.connection = Some(connection);
                Ending::Done(value)
            }
            Err(Ok(unexpected)) => {
                self.connection = Some(connection);
                let words = unexpected.to_string();
                if unexpected.status < 500 {
                    return Ending::Refused(words);
                }
                self.ledger.fail(begin, true, &words);
                Ending::Unavailable
            }
            Err(Err(error)) => self.unanswered(begin, &format!("{error:#}")),
        }
    }

    fn unanswered<T>(&self, begin: Instant, words: &str) -> Ending<T> {
        self.ledger.fail(begin, false, words);
        Ending::Unanswered
    }

    async fn connect(&self) -> Result<Connection> {
        let begin = machine::now();
        loop {
            match Connection::open(self.address).await {
                Ok(connection) => return Ok(connection),
                Err(error) if begin.elapsed() > CONNECT_WITHIN => {
                    return Err(anyhow!("{} cannot be reached: {error}", self.address));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(3)).await,
            }
        }
    }

    /// Something right was refused, at a moment at which nothing excuses that.
    pub fn refused(&self, begin: Instant, what: &str, words: &str) {
        let excused = self.ledger.touches_outage(begin, machine::now());
        let found = || format!("{what}: {words}");
        self.ledger.claims.check(REFUSALS, excused, found);
    }
}

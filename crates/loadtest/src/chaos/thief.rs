//! What must not work: what a client shows again that was used, ended or finished.

use super::claims::{Harm, Sentence};
use super::client::{Client, Ending};
use super::ledger::Session;
use crate::app::TestedApp;
use crate::http::Connection;
use crate::phases::ceremonies;

/// Consumed tokens.
pub const CONSUMED: Sentence = (
    "no refresh token that was used up works after its ten seconds",
    Harm::WronglyAccepted,
);

/// Sessions that have ended.
pub const ENDED: Sentence = (
    "no refresh token of a session that has ended works",
    Harm::WronglyAccepted,
);

/// Finished ceremonies.
pub const FINISHED: Sentence = (
    "no ceremony that was finished can be finished again",
    Harm::WronglyAccepted,
);

impl Client {
    /// Finishes a sign-in with what has finished one.
    pub async fn replay_finish(&mut self, body: &str) {
        let ending = self
            .ask(async |connection, app| ceremonies::finish_login(connection, app, body).await)
            .await;
        self.claim_refused(FINISHED, &ending, "a finished ceremony");
    }

    /// Shows a consumed token of a session, which ends the session.
    pub async fn replay_token(&mut self, session: Session, consumed: &str) {
        let ending = self.exchange(consumed).await;
        self.claim_refused(CONSUMED, &ending, "a consumed token");
        if matches!(ending, Ending::Refused(_)) && self.ledger.replays_end_sessions.get() {
            self.ledger.ended.borrow_mut().push(session);
        }
    }

    /// Shows the last token of a session that has ended.
    pub async fn use_ended(&mut self, session: &Session) {
        let ending = self.exchange(&session.token).await;
        self.claim_refused(ENDED, &ending, "a token of an ended session");
    }

    async fn exchange(&mut self, token: &str) -> Ending<()> {
        let exchange = async |connection: &mut Connection, app: &TestedApp| {
            ceremonies::refresh(connection, app, token).await.map(drop)
        };
        self.ask(exchange).await
    }

    /// An answer that never came says nothing.
    fn claim_refused<T>(&self, sentence: Sentence, ending: &Ending<T>, what: &str) {
        match ending {
            Ending::Done(_) => {
                let found = || format!("{what} was accepted");
                self.ledger.claims.check(sentence, false, found);
            }
            Ending::Refused(_) => self.ledger.claims.check(sentence, true, String::new),
            Ending::Unavailable | Ending::Unanswered => {}
        }
    }
}

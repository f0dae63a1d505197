//! What people do in their browsers; what they are told is written into the ledger.

use std::rc::Rc;
use std::time::Duration;

use super::client::{Client, Ending};
use super::ledger::Session;
use crate::app::TestedApp;
use crate::http::Connection;
use crate::machine;
use crate::phases::{ceremonies, links};

/// What is left of the ten seconds in which a consumed refresh token gets its successor again (D6) when a request has taken
/// its time.
const GRACE: Duration = Duration::from_secs(8);

/// After this time a consumed refresh token is in foreign hands.
const REPLAYED_AFTER: Duration = Duration::from_secs(11);

/// How long the body that finished a ceremony is worth trying again: its 5 minutes are not over.
const REPLAYABLE_FOR: Duration = Duration::from_secs(4 * 60);

/// Finished ceremonies that are remembered.
const FINISHES: usize = 500;

impl Client {
    /// Somebody new signs up. If the answer is lost, the same ceremony is finished once more: that is either refused as used,
    /// and then the user must exist, or it signs up.
    pub async fn sign_up(&mut self) {
        let ledger = Rc::clone(&self.ledger);
        let user = ledger.app.next_user();
        let begin = machine::now();
        let start = self.ask(async |connection, app| {
            ceremonies::start_registration(connection, app, user).await
        });
        let body = match start.await {
            Ending::Done(body) => body,
            Ending::Refused(words) => return self.refused(begin, "a sign-up's start", &words),
            Ending::Unavailable | Ending::Unanswered => return,
        };
        let finish = async |connection: &mut Connection, app: &TestedApp| {
            ceremonies::finish_registration(connection, app, &body).await
        };
        let mut ending = self.ask(finish).await;
        let is_repeated = matches!(ending, Ending::Unanswered);
        if is_repeated {
            ending = self.ask(finish).await;
        }
        match ending {
            Ending::Done(tokens) => {
                ledger.count(|counts| counts.sign_ups += 1);
                ledger.users.borrow_mut().push(user);
                let session = Session::opened(tokens.refresh_token);
                ledger.sessions.borrow_mut().push(session);
            }
            Ending::Refused(words) if is_repeated && words.contains("challenge_used") => {
                ledger.users.borrow_mut().push(user);
            }
            Ending::Refused(words) => self.refused(begin, "a sign-up's finish", &words),
            Ending::Unavailable | Ending::Unanswered => {}
        }
    }

    /// Somebody who is known signs in.
    pub async fn sign_in(&mut self, user: u64) -> Ending<()> {
        let ledger = Rc::clone(&self.ledger);
        let start = self
            .ask(async |connection, app| ceremonies::start_login(connection, app, user).await)
            .await;
        let body = match start {
            Ending::Done(body) => body,
            Ending::Refused(words) => return Ending::Refused(words),
            Ending::Unavailable => return Ending::Unavailable,
            Ending::Unanswered => return Ending::Unanswered,
        };
        let finish = async |connection: &mut Connection, app: &TestedApp| {
            ceremonies::finish_login(connection, app, &body).await
        };
        let mut ending = self.ask(finish).await;
        let is_repeated = matches!(ending, Ending::Unanswered);
        if is_repeated {
            ending = self.ask(finish).await;
        }
        match ending {
            Ending::Done(tokens) => {
                ledger.count(|counts| counts.sign_ins += 1);
                let session = Session::opened(tokens.refresh_token);
                ledger.sessions.borrow_mut().push(session);
                let mut finishes = ledger.finishes.borrow_mut();
                if finishes.len() == FINISHES {
                    finishes.remove(0);
                }
                finishes.push((body, machine::now()));
                Ending::Done(())
            }
            Ending::Refused(words) if is_repeated && words.contains("challenge_used") => {
                Ending::Unanswered
            }
            Ending::Refused(words) => Ending::Refused(words),
            Ending::Unavailable => Ending::Unavailable,
            Ending::Unanswered => Ending::Unanswered,
        }
    }

    /// Any of those who have signed up signs in.
    pub async fn sign_anybody_in(&mut self) {
        let user = {
            let users = self.ledger.users.borrow();
            if users.is_empty() {
                return;
            }
            users[self.ledger.dice.roll(users.len() as u64) as usize]
        };
        let begin = machine::now();
        if let Ending::Refused(words) = self.sign_in(user).await {
            self.refused(begin, "a sign-in", &words);
        }
    }

    /// A session is refreshed, first of all one whose answer was lost.
    pub async fn refresh(&mut self) {
        let ledger = Rc::clone(&self.ledger);
        let lost = ledger.waiting.borrow_mut().pop();
        let Some(session) = lost.or_else(|| self.any_session()) else {
            return;
        };
        self.refresh_session(session).await;
    }

    /// Refreshes a session and puts it where it belongs after.
    pub async fn refresh_session(&mut self, mut session: Session) -> Ending<()> {
        let ledger = Rc::clone(&self.ledger);
        let begin = machine::now();
        let is_repeated = session.waiting_since.is_some();
        let since = *session.waiting_since.get_or_insert(begin);
        let token = session.token.clone();
        let ask = async |connection: &mut Connection, app: &TestedApp| {
            ceremonies::refresh(connection, app, &token).await
        };
        match self.ask(ask).await {
            Ending::Done(tokens) => {
                ledger.count(|counts| counts.refreshes += 1);
                session.token = tokens.refresh_token;
                session.previous = Some((token, machine::now()));
                session.waiting_since = None;
                ledger.sessions.borrow_mut().push(session);
                Ending::Done(())
            }
            Ending::Refused(_) if is_repeated && since.elapsed() > GRACE => {
                ledger.lost_in_flight.set(ledger.lost_in_flight.get() + 1);
                ledger.ended.borrow_mut().push(session);
                Ending::Unanswered
            }
            Ending::Refused(words) => {
                let what = match is_repeated {
                    true => "the repetition of a refresh",
                    false => "a refresh",
                };
                self.refused(begin, what, &words);
                Ending::Refused(words)
            }
            Ending::Unavailable | Ending::Unanswered => {
                ledger.waiting.borrow_mut().push(session);
                Ending::Unanswered
            }
        }
    }

    /// Somebody new asks for a link.
    pub async fn ask_for_link(&mut self) {
        let ledger = Rc::clone(&self.ledger);
        let address = TestedApp::identifier(ledger.app.next_user());
        let begin = machine::now();
        let asked = self
            .ask(async |connection, app| links::ask_to_sign_up(connection, app, &address).await);
        match asked.await {
            Ending::Done(()) => {
                ledger.count(|counts| counts.links += 1);
                ledger.links.borrow_mut().insert(address, machine::now());
            }
            Ending::Refused(words) => self.refused(begin, "a request for a link", &words),
            Ending::Unavailable | Ending::Unanswered => {}
        }
    }

    /// Somebody signs out.
    pub async fn sign_out(&mut self) {
        let Some(session) = self.any_session() else {
            return;
        };
        let begin = machine::now();
        let asked = self
            .ask(async |connection, app| ceremonies::revoke(connection, app, &session.token).await);
        match asked.await {
            Ending::Done(()) => {
                self.ledger.count(|counts| counts.sign_outs += 1);
                self.ledger.ended.borrow_mut().push(session);
            }
            Ending::Refused(words) => self.refused(begin, "a sign-out", &words),
            // Whether it has ended, nobody knows, and nothing is claimed of it.
            Ending::Unavailable | Ending::Unanswered => {}
        }
    }

    /// A thief finishes once more what somebody has finished.
    pub async fn finish_again(&mut self) {
        let ledger = Rc::clone(&self.ledger);
        let body = {
            let finishes = ledger.finishes.borrow();
            if finishes.is_empty() {
                return;
            }
            let (body, at) = &finishes[ledger.dice.roll(finishes.len() as u64) as usize];
            if at.elapsed() > REPLAYABLE_FOR {
                return;
            }
            body.clone()
        };
        self.replay_finish(&body).await;
    }

    /// A thief shows a refresh token that was used up. That ends the session.
    pub async fn use_consumed_token(&mut self) {
        let ledger = Rc::clone(&self.ledger);
        let Some(session) = self.any_session() else {
            return;
        };
        let old = session.previous.as_ref();
        let old = old.filter(|(_, at)| at.elapsed() > REPLAYED_AFTER);
        match old.map(|(token, _)| token.clone()) {
            None => ledger.sessions.borrow_mut().push(session),
            Some(token) => self.replay_token(session, &token).await,
        }
    }

    /// A session that nobody is using; the caller uses it now.
    fn any_session(&self) -> Option<Session> {
        let mut sessions = self.ledger.sessions.borrow_mut();
        if sessions.is_empty() {
            return None;
        }
        let index = self.ledger.dice.roll(sessions.len() as u64) as usize;
        Some(sessions.swap_remove(index))
    }
}

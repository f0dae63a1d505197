//! Sessions and their refresh tokens (D3, D5, D6).
//!
//! What holds at every moment: a session has one token that was not used, its absolute expiry and `auth_time` stay as they
//! were, and an auth token works here as long as its session lives and no longer.

use std::collections::HashSet;

use ginnel::domain::users::Status;
use ginnel::ids::UserId;
use ginnel::store::testing::list;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{LONGEST, MOST_AT_ONCE, Refusal, explained, for_all, judged, refusal};
use crate::support::{Call, Response, TestApp, User, stories, stories_on_postgres};

stories!(any_history_keeps_the_promises_of_sessions);

/// Lifetimes of the app, seconds: short ones, so that histories get past them.
const ABSOLUTE: i64 = 300;
const IDLE: i64 = 100;
/// Seconds within which a used token gets its successor again.
const GRACE: i64 = 10;

/// What can happen. An `Index` picks one of the tokens or sessions that there are.
#[derive(Clone, Debug)]
enum Operation {
    /// The user signs in in one more browser.
    SignIn,
    /// Time passes, seconds.
    Wait(i64),
    /// The user is deactivated or activated.
    SetActive(bool),
    /// Requests, all at once.
    Ask(Vec<Request>),
}

#[derive(Clone, Debug)]
enum Request {
    /// Presents a refresh token, used or not.
    Refresh(Index),
    /// Presents a refresh token of which one letter is another.
    RefreshAltered(Index),
    /// Presents a refresh token to another app.
    RefreshElsewhere(Index),
    /// Signs out by a refresh token.
    SignOut(Index),
    /// Ends a session by the auth token of another one, or of its own.
    End { by: Index, session: Index },
    /// Ends all sessions but the one that asks.
    EndOthers(Index),
}

fn requests() -> impl Strategy<Value = Request> {
    prop_oneof![
        10 => any::<Index>().prop_map(Request::Refresh),
        1 => any::<Index>().prop_map(Request::RefreshAltered),
        1 => any::<Index>().prop_map(Request::RefreshElsewhere),
        1 => any::<Index>().prop_map(Request::SignOut),
    ]
}

/// Of those who end sessions by an auth token there is one among requests at once. Two may end each other, as the token is
/// checked before: then both are signed out, which no order explains and nobody minds.
fn enders() -> impl Strategy<Value = Request> {
    prop_oneof![
        (any::<Index>(), any::<Index>()).prop_map(|(by, session)| Request::End { by, session }),
        any::<Index>().prop_map(Request::EndOthers),
    ]
}

fn histories() -> impl Strategy<Value = Vec<Operation>> {
    let at_once = (
        prop::collection::vec(requests(), 1..MOST_AT_ONCE),
        prop::option::weighted(0.2, enders()),
    );
    let waits = prop::sample::select(vec![1, 9, 10, 11, 50, 99, 100, 200]);
    let operation = prop_oneof![
        2 => Just(Operation::SignIn),
        6 => waits.prop_map(Operation::Wait),
        1 => prop::bool::weighted(0.7).prop_map(Operation::SetActive),
        10 => requests().prop_map(|request| Operation::Ask(vec![request])),
        4 => at_once.prop_map(|(mut requests, ender)| {
            requests.extend(ender);
            Operation::Ask(requests)
        }),
    ];
    prop::collection::vec(operation, 1..LONGEST)
}

/// What should be.
#[derive(Clone, Debug)]
struct Model {
    /// Seconds since the story began.
    now: i64,
    is_active: bool,
    sessions: Vec<Session>,
    tokens: Vec<Token>,
}

#[derive(Clone, Debug)]
struct Session {
    opened: i64,
    is_revoked: bool,
}

#[derive(Clone, Debug)]
struct Token {
    session: usize,
    expires: i64,
    used: Option<i64>,
    successor: Option<usize>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    /// The successor of this token.
    Successor(usize),
    Done,
    Refused(Refusal),
}

fn dead_token() -> Outcome {
    Outcome::Refused(refusal(401, "invalid_refresh_token", ""))
}

impl Model {
    fn is_alive(&self, session: usize) -> bool {
        let session = &self.sessions[session];
        !session.is_revoked && self.now < session.opened + ABSOLUTE
    }

    fn open(&mut self) {
        self.sessions.push(Session {
            opened: self.now,
            is_revoked: false,
        });
        self.add_token(self.sessions.len() - 1);
    }

    fn add_token(&mut self, session: usize) -> usize {
        let absolute = self.sessions[session].opened + ABSOLUTE;
        self.tokens.push(Token {
            session,
            expires: absolute.min(self.now + IDLE),
            used: None,
            successor: None,
        });
        self.tokens.len() - 1
    }

    /// The token that an index picks: the late ones more often, since of the early ones most are dead.
    fn token(&self, index: &Index) -> usize {
        let count = self.tokens.len();
        let back = index.index(2 * count).min(index.index(6));
        count - 1 - back.min(count - 1)
    }

    fn session(&self, index: &Index) -> usize {
        index.index(self.sessions.len())
    }

    fn step(&mut self, request: &Chosen) -> Outcome {
        match *request {
            Chosen::Refresh(token) => self.refresh(token),
            Chosen::RefreshAltered(_) | Chosen::RefreshElsewhere(_) => dead_token(),
            Chosen::SignOut(token) => {
                let session = self.tokens[token].session;
                self.sessions[session].is_revoked = true;
                Outcome::Done
            }
            Chosen::End { by, session } => match self.authenticate(by) {
                Ok(()) if self.is_alive(session) => {
                    self.sessions[session].is_revoked = true;
                    Outcome::Done
                }
                Ok(()) => Outcome::Refused(refusal(404, "not_found", "session_not_found")),
                Err(refused) => Outcome::Refused(refused),
            },
            Chosen::EndOthers(by) => match self.authenticate(by) {
                Ok(()) => {
                    for other in (0..self.sessions.len()).filter(|other| *other != by) {
                        self.sessions[other].is_revoked |= self.is_alive(other);
                    }
                    Outcome::Done
                }
                Err(refused) => Outcome::Refused(refused),
            },
        }
    }

    fn refresh(&mut self, presented: usize) -> Outcome {
        let token = self.tokens[presented].clone();
        if !self.is_active {
            return Outcome::Refused(refusal(403, "user_not_active", ""));
        }
        if !self.is_alive(token.session) {
            return dead_token();
        }
        match (token.used, token.successor) {
            (None, _) if self.now >= token.expires => dead_token(),
            (None, _) => {
                let successor = self.add_token(token.session);
                self.tokens[presented].used = Some(self.now);
                self.tokens[presented].successor = Some(successor);
                Outcome::Successor(presented)
            }
            (Some(used), Some(successor)) if self.now - used <= GRACE => {
                match self.tokens[successor].used {
                    None => Outcome::Successor(presented),
                    Some(_) => dead_token(),
                }
            }
            _ => {
                self.sessions[token.session].is_revoked = true;
                Outcome::Refused(refusal(
                    401,
                    "invalid_refresh_token",
                    "refresh_token_reused",
                ))
            }
        }
    }

    /// Whether the auth token of a session works.
    fn authenticate(&self, session: usize) -> Result<(), Refusal> {
        match (self.is_alive(session), self.is_active) {
            (false, _) => Err(refusal(401, "invalid_access_token", "")),
            (true, false) => Err(refusal(403, "user_not_active", "")),
            (true, true) => Ok(()),
        }
    }
}

/// A request about tokens and sessions that there are, by their number.
#[derive(Clone, Debug)]
enum Chosen {
    Refresh(usize),
    RefreshAltered(usize),
    RefreshElsewhere(usize),
    SignOut(usize),
    End { by: usize, session: usize },
    EndOthers(usize),
}

/// What is.
struct Real {
    user: User,
    elsewhere: TestApp,
    /// `sid` and the newest auth token of each session.
    sessions: Vec<(String, String)>,
    /// Texts of the refresh tokens.
    tokens: Vec<String>,
}

impl Real {
    async fn begin(app: &TestApp, elsewhere: &TestApp, number: usize) -> Self {
        let user = app.user(&format!("user{number}")).await;
        let mut real = Real {
            user,
            elsewhere: elsewhere.clone(),
            sessions: Vec::new(),
            tokens: Vec::new(),
        };
        real.note_session();
        real
    }

    fn app(&self) -> &TestApp {
        &self.user.page.app
    }

    fn note_session(&mut self) {
        let auth_token = self.user.auth_token().to_owned();
        let id = self.app().claims(&auth_token)["sid"].clone();
        self.sessions
            .push((id.as_str().unwrap().to_owned(), auth_token));
        self.tokens.push(self.user.refresh_token().to_owned());
    }

    fn call(&self, request: &Chosen) -> Call {
        let page = &self.user.page;
        let refresh = |app: &TestApp, token: &str| {
            let path = format!("/auth/v1/apps/{}/tokens", app.id);
            app.call("POST", &path)
                .json(serde_json::json!({ "refresh_token": token }))
        };
        match *request {
            Chosen::Refresh(token) => refresh(self.app(), &self.tokens[token]),
            Chosen::RefreshAltered(token) => {
                let text = &self.tokens[token];
                let middle = text.len() - 10;
                let other = if &text[middle..=middle] == "A" {
                    "B"
                } else {
                    "A"
                };
                let text = format!("{}{other}{}", &text[..middle], &text[middle + 1..]);
                refresh(self.app(), &text)
            }
            Chosen::RefreshElsewhere(token) => refresh(&self.elsewhere, &self.tokens[token]),
            Chosen::SignOut(token) => {
                let path = format!("/tokens?refresh_token={}", self.tokens[token]);
                page.call("DELETE", &path)
            }
            Chosen::End { by, session } => {
                let path = format!("/currentuser/sessions/{}", self.sessions[session].0);
                page.call("DELETE", &path).bearer(&self.sessions[by].1)
            }
            Chosen::EndOthers(by) => page
                .call("DELETE", "/currentuser/sessions")
                .bearer(&self.sessions[by].1),
        }
    }
}

/// What came of a request to the product.
fn outcome(request: &Chosen, answer: &Response) -> Outcome {
    match (judged(answer), request) {
        (Err(refused), _) => Outcome::Refused(refused),
        (Ok(()), Chosen::Refresh(token)) => Outcome::Successor(*token),
        (Ok(()), _) => Outcome::Done,
    }
}

async fn any_history_keeps_the_promises_of_sessions(app: TestApp) {
    run(&[app]).await;
}

async fn run(nodes: &[TestApp]) {
    let app = &nodes[0];
    app.set(|settings| {
        settings.refresh_absolute_lifetime_seconds = ABSOLUTE as u32;
        settings.refresh_inactivity_lifetime_seconds = IDLE as u32;
    })
    .await;
    let elsewhere = app.another_app("http://localhost:9090").await;
    let users = std::cell::Cell::new(0);
    for_all(histories(), async |history| {
        users.set(users.get() + 1);
        let real = Real::begin(app, &elsewhere, users.get()).await;
        follow(nodes, real, history).await;
    })
    .await;
}

async fn follow(nodes: &[TestApp], mut real: Real, history: Vec<Operation>) {
    let began = real.app().now();
    let mut model = Model {
        now: 0,
        is_active: true,
        sessions: Vec::new(),
        tokens: Vec::new(),
    };
    model.open();
    for operation in history {
        match operation {
            Operation::Wait(seconds) => {
                model.now += seconds;
                real.app().advance(seconds.unsigned_abs());
            }
            Operation::SignIn if model.is_active => {
                real.user.sign_in().await;
                real.note_session();
                model.open();
            }
            Operation::SignIn => {
                let body = serde_json::json!({ "identifier": real.user.identifier });
                let answer = real.user.page.post("/login/webauthn/start", body).await;
                answer.assert_refused(403, "user_not_active", "");
            }
            Operation::SetActive(is_active) => {
                let id: UserId = real.user.id.parse().unwrap();
                let now = real.app().now();
                let status = if is_active {
                    Status::Active
                } else {
                    Status::Inactive
                };
                real.app()
                    .write(move |tx| tx.update_user_status(&id, status, now))
                    .await;
                model.is_active = is_active;
            }
            Operation::Ask(requests) => {
                let chosen: Vec<_> = requests
                    .iter()
                    .map(|request| choose(&model, request))
                    .collect();
                model = ask(nodes, &mut real, model, chosen).await;
            }
        }
        compare(&real, &model, began.as_seconds()).await;
    }
    for session in 0..model.sessions.len() {
        let works = real
            .user
            .page
            .get("/currentuser")
            .bearer(&real.sessions[session].1);
        assert_eq!(judged(&works.await), model.authenticate(session));
    }
    // Whatever else comes: what is dead stays dead.
    for token in
        (0..model.tokens.len()).filter(|token| !model.is_alive(model.tokens[*token].session))
    {
        let answer = real.call(&Chosen::Refresh(token)).await;
        assert!(judged(&answer).is_err(), "{}", answer.text());
    }
    compare(&real, &model, began.as_seconds()).await;
}

fn choose(model: &Model, request: &Request) -> Chosen {
    match request {
        Request::Refresh(token) => Chosen::Refresh(model.token(token)),
        Request::RefreshAltered(token) => Chosen::RefreshAltered(model.token(token)),
        Request::RefreshElsewhere(token) => Chosen::RefreshElsewhere(model.token(token)),
        Request::SignOut(token) => Chosen::SignOut(model.token(token)),
        Request::End { by, session } => Chosen::End {
            by: model.session(by),
            session: model.session(session),
        },
        Request::EndOthers(by) => Chosen::EndOthers(model.session(by)),
    }
}

/// Sends requests at once, spread over the nodes; the model after an order of them that explains the answers.
async fn ask(nodes: &[TestApp], real: &mut Real, model: Model, requests: Vec<Chosen>) -> Model {
    let calls: Vec<_> = requests
        .iter()
        .zip(nodes.iter().cycle())
        .map(|(request, node)| tokio::spawn(real.call(request).at(&node.router).into_future()))
        .collect();
    let mut answers = Vec::new();
    for (request, call) in requests.into_iter().zip(calls) {
        let answer = call.await.unwrap();
        answers.push((outcome(&request, &answer), request, answer));
    }
    let after = explained(&model, &answers, |model, (outcome, request, _)| {
        model.step(request) == *outcome
    });
    real.tokens.resize(after.tokens.len(), String::new());
    for (outcome, _, answer) in &answers {
        let Outcome::Successor(parent) = *outcome else {
            continue;
        };
        let tokens = &answer.json()["auth_result"];
        let text = tokens["refresh_token"].as_str().unwrap();
        let successor = after.tokens[parent].successor.unwrap();
        // One parent has one successor, whoever asks and how often.
        let known = &mut real.tokens[successor];
        if known.is_empty() {
            *known = text.to_owned();
        }
        assert_eq!(known, text);
        let auth_token = tokens["auth_token"].as_str().unwrap();
        let (sid, newest) = &mut real.sessions[after.tokens[parent].session];
        *newest = auth_token.to_owned();
        assert_eq!(nodes[0].claims(auth_token)["sid"], **sid);
    }
    after
}

/// Compares what is stored with what should be.
async fn compare(real: &Real, model: &Model, began: i64) {
    let all: HashSet<_> = real.tokens.iter().collect();
    assert_eq!(all.len(), model.tokens.len(), "tokens are all different");
    let id: UserId = real.user.id.parse().unwrap();
    let (sessions, tokens) = real
        .app()
        .read(move |tx| {
            let sessions = list::<(String, i64, i64, bool)>(
                tx,
                "SELECT id, auth_time, expires_at, revoked_at IS NOT NULL FROM sessions WHERE user_id = $1",
                &[&id],
            )?;
            let tokens = list::<(String, bool)>(
                tx,
                "SELECT r.session_id, r.used_at IS NULL FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id \
                 WHERE s.user_id = $1",
                &[&id],
            )?;
            Ok((sessions, tokens))
        })
        .await;
    assert_eq!(sessions.len(), model.sessions.len());
    for (id, auth_time, expires_at, is_revoked) in sessions {
        let number = real.sessions.iter().position(|(known, _)| *known == id);
        let number = number.expect("the session is one that was opened");
        let session = &model.sessions[number];
        assert_eq!(auth_time / 1000, began + session.opened, "auth_time stays");
        assert_eq!(
            expires_at,
            auth_time + ABSOLUTE * 1000,
            "absolute expiry stays"
        );
        assert_eq!(is_revoked, session.is_revoked);
        let expected = model.tokens.iter().filter(|token| token.session == number);
        let of_session = tokens.iter().filter(|(session, _)| *session == id);
        assert_eq!(of_session.clone().count(), expected.count());
        let unused = of_session.filter(|(_, is_unused)| *is_unused).count();
        assert_eq!(unused, 1, "one live successor");
    }
    for session in 0..model.sessions.len() {
        let call = real.user.page.get("/currentuser");
        let answer = call.bearer(&real.sessions[session].1).await;
        assert_eq!(judged(&answer), model.authenticate(session));
    }
}

mod two_nodes {
    //! The same over two nodes.

    use super::*;

    stories_on_postgres!(any_history_over_two_nodes);

    async fn any_history_over_two_nodes(app: TestApp) {
        let other = app.another_node().await;
        run(&[app, other]).await;
    }
}

//! Magic links and codes (D9, D10), and what is left of them when the address changes (D7).
//!
//! What holds at every moment: a link opens one session at most and never again once it was used, wrong digits end it for
//! good, of one code no more than five wrong ones are checked and of one user no more than ten an hour, and only the newest
//! code of an address works.

use std::collections::HashMap;

use ginnel::ids::UserId;
use ginnel::store::testing::{execute, list};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::{LONGEST, MOST_AT_ONCE, Refusal, explained, for_all, judged, refusal};
use crate::support::{
    Asking, Call, KEY, Key, Response, TestApp, User, stories, stories_on_postgres,
};

stories!(any_history_keeps_the_promises_of_links);

/// Lifetimes, milliseconds.
const LINK: i64 = 120_000;
const CODE: i64 = 60_000;
const HOUR: i64 = 3_600_000;
/// Wrong tries of one code, and of one user or address within an hour.
const TRIES: i64 = 5;
const WRONG_AN_HOUR: i64 = 10;
/// How often a tab may ask again for the session of its link.
const JOINS: i64 = 10;

/// A second browser.
const OTHER: Key = Key("the key of a second browser");

/// What can happen. An `Index` picks one of the links that there are.
#[derive(Clone, Debug)]
enum Operation {
    /// Somebody asks for a link in a browser with a key, or without.
    AskForLink(Option<Browser>),
    /// Somebody asks for a code alone.
    AskForCode,
    /// Time passes, seconds.
    Wait(i64),
    /// The user takes another address: asks for it and opens the link.
    ChangeAddress,
    /// Requests about one link, all at once.
    Use(Index, Vec<Request>),
}

/// A browser with a key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Browser {
    First,
    Second,
}

impl Browser {
    fn key(self) -> Key {
        match self {
            Browser::First => KEY,
            Browser::Second => OTHER,
        }
    }
}

#[derive(Clone, Debug)]
enum Request {
    /// Opens the link.
    Open {
        browser: Option<Browser>,
        digits: Digits,
    },
    /// Types the code, or a wrong one.
    Type { is_right: bool },
    /// The tab asks whether the link was opened.
    Collect(Option<Browser>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Digits {
    None,
    Right,
    Wrong,
}

fn browsers() -> impl Strategy<Value = Option<Browser>> {
    prop::sample::select(vec![
        None,
        Some(Browser::First),
        Some(Browser::First),
        Some(Browser::Second),
    ])
}

fn requests() -> impl Strategy<Value = Request> {
    let digits = prop::sample::select(vec![
        Digits::None,
        Digits::None,
        Digits::Right,
        Digits::Right,
        Digits::Wrong,
    ]);
    prop_oneof![
        3 => (browsers(), digits).prop_map(|(browser, digits)| Request::Open { browser, digits }),
        4 => prop::bool::weighted(0.2).prop_map(|is_right| Request::Type { is_right }),
        3 => browsers().prop_map(Request::Collect),
    ]
}

fn histories() -> impl Strategy<Value = (bool, Vec<Operation>)> {
    let waits = prop::sample::select(vec![1, 30, 59, 60, 61, 119, 120, 1200, 3600]);
    let operation = prop_oneof![
        5 => browsers().prop_map(Operation::AskForLink),
        2 => Just(Operation::AskForCode),
        3 => waits.prop_map(Operation::Wait),
        1 => Just(Operation::ChangeAddress),
        8 => (any::<Index>(), requests())
            .prop_map(|(link, request)| Operation::Use(link, vec![request])),
        5 => (any::<Index>(), prop::collection::vec(requests(), 2..=MOST_AT_ONCE))
            .prop_map(|(link, requests)| Operation::Use(link, requests)),
    ];
    (any::<bool>(), prop::collection::vec(operation, 1..LONGEST))
}

/// What should be.
#[derive(Clone, Debug)]
struct Model {
    /// Milliseconds since the story began; those of one operation are done at the same one.
    now: i64,
    plain_links: bool,
    /// How often the address was changed: names it.
    address: usize,
    links: Vec<Link>,
    sessions: usize,
    /// Which of the requests at once got tokens, and of which session.
    told: HashMap<usize, usize>,
    /// Wrong codes of the user.
    wrong: Count,
    /// Wrong codes of each address.
    wrong_at: HashMap<usize, Count>,
}

#[derive(Clone, Debug)]
struct Link {
    address: usize,
    browser: Option<Browser>,
    /// A code alone has no link that anybody knows.
    has_secret: bool,
    expires: i64,
    code_expires: i64,
    is_newest_code: bool,
    tries: i64,
    used: Option<(Used, i64)>,
    session: Option<usize>,
    joins: Count,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Used {
    Opened,
    Approved,
    Code,
    WrongDigits,
}

/// A count within an hour from the first.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    ends: i64,
    count: i64,
}

impl Count {
    /// Counts one, unless that is one too many.
    fn count(&mut self, now: i64, most: i64) -> bool {
        if self.ends <= now {
            *self = Count {
                ends: now + HOUR,
                count: 0,
            };
        }
        let has_room = self.count < most;
        self.count += i64::from(has_room);
        has_room
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    /// Tokens of the session with this number.
    Tokens(usize),
    /// The tab that asked is signed in.
    Approved,
    Refused(Refusal),
}

fn not_found(reason: &str) -> Outcome {
    Outcome::Refused(refusal(404, "magic_link_not_found", reason))
}

fn wrong_digits() -> Outcome {
    Outcome::Refused(refusal(401, "invalid_magic_link", "wrong_digits"))
}

fn code_expired() -> Outcome {
    Outcome::Refused(refusal(400, "invalid_request", "code_expired"))
}

fn exceeded() -> Outcome {
    Outcome::Refused(refusal(401, "exceeded_attempts", ""))
}

impl Model {
    fn add(&mut self, browser: Option<Browser>, has_secret: bool) {
        for link in &mut self.links {
            link.is_newest_code &= link.address != self.address;
        }
        self.links.push(Link {
            address: self.address,
            browser,
            has_secret,
            expires: self.now + if has_secret { LINK } else { CODE },
            code_expires: self.now + CODE,
            is_newest_code: true,
            tries: TRIES,
            used: None,
            session: None,
            joins: Count::default(),
        });
    }

    fn change_address(&mut self) {
        self.address += 1;
        self.sessions += 1;
        for link in &mut self.links {
            if link.session.is_none() {
                link.expires = link.expires.min(self.now);
            }
        }
    }

    fn sign_in(&mut self, link: usize, used: Option<Used>) -> Outcome {
        let session = self.sessions;
        self.sessions += 1;
        let now = self.now;
        let link = &mut self.links[link];
        link.session = Some(session);
        if let Some(used) = used {
            link.used = Some((used, now));
        }
        Outcome::Tokens(session)
    }

    fn step(&mut self, link: usize, request: &Request) -> Outcome {
        match *request {
            Request::Open { browser, digits } => self.open(link, browser, digits),
            Request::Type { is_right } => self.type_code(link, is_right),
            Request::Collect(browser) => self.collect(link, browser),
        }
    }

    fn open(&mut self, number: usize, browser: Option<Browser>, digits: Digits) -> Outcome {
        let link = &mut self.links[number];
        if link.used.is_some() {
            return not_found("magic_link_used");
        }
        if self.now >= link.expires {
            return not_found("magic_link_expired");
        }
        if link.browser.is_none() || link.browser == browser {
            return self.sign_in(number, Some(Used::Opened));
        }
        match digits {
            Digits::None => {
                Outcome::Refused(refusal(403, "operation_not_allowed", "digits_required"))
            }
            Digits::Right => {
                link.used = Some((Used::Approved, self.now));
                Outcome::Approved
            }
            Digits::Wrong => {
                link.used = Some((Used::WrongDigits, self.now));
                wrong_digits()
            }
        }
    }

    fn type_code(&mut self, number: usize, is_right: bool) -> Outcome {
        let now = self.now;
        let address = self.links[number].address;
        let (mut of_user, mut of_address) = (
            self.wrong,
            self.wrong_at.get(&address).copied().unwrap_or_default(),
        );
        let has_room = of_user.count(now, WRONG_AN_HOUR) && of_address.count(now, WRONG_AN_HOUR);
        if !has_room {
            return exceeded();
        }
        let link = &mut self.links[number];
        let is_open = link.used.is_none() && link.is_newest_code;
        if !is_open || link.tries == 0 || now >= link.code_expires.min(link.expires) {
            let is_spent = link.tries == 0 && now < link.code_expires;
            return if is_spent { exceeded() } else { code_expired() };
        }
        if is_right {
            // What was counted for it is taken back.
            of_user.count -= 1;
            of_address.count -= 1;
        } else {
            link.tries -= 1;
        }
        let left = link.tries;
        self.wrong = of_user;
        self.wrong_at.insert(address, of_address);
        if is_right {
            return self.sign_in(number, Some(Used::Code));
        }
        match left {
            0 => exceeded(),
            _ => Outcome::Refused(refusal(400, "invalid_request", "wrong_code")),
        }
    }

    /// The link that a tab waits for, or the last one that was used of those that its browser asked for.
    fn awaited(&self, number: usize) -> usize {
        let link = &self.links[number];
        if link.used.is_some() || link.browser.is_none() {
            return number;
        }
        let siblings = (0..self.links.len()).filter(|other| {
            let other = &self.links[*other];
            other.browser == link.browser
                && other.address == link.address
                && other.expires > self.now
                && matches!(other.used, Some((used, _)) if used != Used::WrongDigits)
        });
        siblings
            .max_by_key(|other| self.links[*other].used.map(|(_, at)| at))
            .unwrap_or(number)
    }

    fn collect(&mut self, number: usize, browser: Option<Browser>) -> Outcome {
        let now = self.now;
        let number = self.awaited(number);
        let link = &mut self.links[number];
        let is_askers = match link.browser {
            None => self.plain_links,
            asked => asked == browser,
        };
        if !is_askers {
            return not_found("");
        }
        if now >= link.expires {
            return not_found("magic_link_expired");
        }
        match (link.used, link.session) {
            (None, _) => not_found("magic_link_pending"),
            (Some((Used::WrongDigits, _)), _) => wrong_digits(),
            (Some(_), None) => self.sign_in(number, None),
            (Some(_), Some(session)) if link.joins.count(now, JOINS) => Outcome::Tokens(session),
            _ => not_found("magic_link_used"),
        }
    }
}

/// What is.
struct Real {
    app: TestApp,
    user: UserId,
    name: String,
    askings: Vec<Asking>,
    /// `sid` of each session, by its number in the model.
    sessions: Vec<Option<String>>,
    /// Somebody who is signed in, for changing the address.
    tokens: serde_json::Value,
}

impl Real {
    async fn begin(app: &TestApp, number: usize) -> Self {
        let name = format!("user{number}");
        let address = format!("{name}-0@example.com");
        let asking = app.anonymous().asked("register", &address, None).await;
        let tokens = crate::support::opens(asking.open().await);
        let claims = app.claims(tokens["auth_token"].as_str().unwrap());
        Real {
            app: app.clone(),
            user: claims["sub"].as_str().unwrap().parse().unwrap(),
            name,
            askings: Vec::new(),
            sessions: vec![claims["sid"].as_str().map(str::to_owned)],
            tokens,
        }
    }

    fn address(&self, number: usize) -> String {
        format!("{}-{number}@example.com", self.name)
    }

    async fn change_address(&mut self, to: &str) {
        let user = User {
            page: self.app.anonymous(),
            identifier: String::new(),
            id: self.user.to_string(),
            authenticator: self.app.authenticator(),
            tokens: self.tokens.clone(),
        };
        let asking = user.asked_for_address(to, Some(KEY)).await;
        self.tokens = crate::support::opens(asking.open().await);
        let auth_token = self.tokens["auth_token"].as_str().unwrap();
        let sid = self.app.claims(auth_token)["sid"].clone();
        self.sessions.push(sid.as_str().map(str::to_owned));
    }

    fn call(&self, link: usize, request: &Request) -> Call {
        let asking = &self.askings[link];
        let with_key = |mut body: serde_json::Value, browser: Option<Browser>| {
            if let Some(browser) = browser {
                body["browser_key"] = browser.key().0.into();
            }
            body
        };
        match *request {
            Request::Open { browser, digits } => {
                let mut body = with_key(json!({ "magic_link": asking.secret() }), browser);
                match digits {
                    Digits::Right => {
                        body["digits"] = json!(asking.digits.as_deref().unwrap_or("00"))
                    }
                    Digits::Wrong if asking.digits.is_some() => {
                        body["digits"] = json!(asking.wrong_digits());
                    }
                    Digits::None | Digits::Wrong => {}
                }
                asking.page.call("PATCH", "/magic-link/activate").json(body)
            }
            Request::Type { is_right } => {
                let code = if is_right {
                    asking.code().to_owned()
                } else {
                    asking.wrong_code(0)
                };
                let body = json!({ "otp": code, "otp_id": asking.id });
                asking.page.post("/otp/activate", body)
            }
            Request::Collect(browser) => {
                let body = with_key(json!({ "id": asking.id }), browser);
                asking.page.post("/magic-link/status", body)
            }
        }
    }
}

async fn any_history_keeps_the_promises_of_links(app: TestApp) {
    run(&[app]).await;
}

async fn run(nodes: &[TestApp]) {
    nodes[0]
        .set(|settings| {
            settings.magic_link_lifetime_seconds = (LINK / 1000) as u32;
            settings.code_lifetime_seconds = (CODE / 1000) as u32;
            settings.auth_token_lifetime_seconds = 30 * 86_400;
            settings.recent_sign_in_seconds = 0;
            settings.one_time_codes = true;
        })
        .await;
    let nodes: Vec<_> = nodes
        .iter()
        .map(|node| {
            node.configured(|config| {
                config.messages_per_address_per_hour = 0;
                config.messages_per_client_per_hour = 0;
            })
        })
        .collect();
    let users = std::cell::Cell::new(0);
    for_all(histories(), async |(plain_links, history)| {
        users.set(users.get() + 1);
        nodes[0]
            .set(|settings| settings.plain_links = plain_links)
            .await;
        for node in &nodes {
            node.app.apps.forget(&node.id);
        }
        // A mail is found as the newest of all.
        nodes[0]
            .write(|tx| execute(tx, "DELETE FROM messages", &[]))
            .await;
        let real = Real::begin(&nodes[0], users.get()).await;
        follow(&nodes, real, plain_links, history).await;
    })
    .await;
}

async fn follow(nodes: &[TestApp], mut real: Real, plain_links: bool, history: Vec<Operation>) {
    let began = real.app.now();
    let mut model = Model {
        now: 0,
        plain_links,
        address: 0,
        links: Vec::new(),
        sessions: 1,
        told: HashMap::new(),
        wrong: Count::default(),
        wrong_at: HashMap::new(),
    };
    for operation in history {
        match operation {
            Operation::AskForLink(browser) => {
                let page = real.app.anonymous();
                let key = browser.map(Browser::key);
                let asking = page.asked("login", &real.address(model.address), key).await;
                real.askings.push(asking);
                model.now = now(&real, began);
                model.add(browser, true);
            }
            Operation::AskForCode => {
                let page = real.app.anonymous();
                let asking = page
                    .asked_for_code("login", &real.address(model.address))
                    .await;
                real.askings.push(asking);
                model.now = now(&real, began);
                model.add(None, false);
            }
            Operation::Wait(seconds) => real.app.advance(seconds.unsigned_abs()),
            Operation::ChangeAddress => {
                let to = real.address(model.address + 1);
                real.change_address(&to).await;
                model.now = now(&real, began);
                model.change_address();
            }
            Operation::Use(link, requests) if !model.links.is_empty() => {
                let link = link.index(model.links.len());
                // Nobody knows the secret of a code alone.
                let has_secret = model.links[link].has_secret;
                let requests = requests
                    .into_iter()
                    .filter(|request| has_secret || !matches!(request, Request::Open { .. }));
                model.now = now(&real, began);
                model = use_link(nodes, &mut real, model, link, requests.collect()).await;
            }
            Operation::Use(..) => {}
        }
        // Of what is done at one moment nobody can tell the order afterwards.
        real.app
            .app
            .clock
            .advance(std::time::Duration::from_millis(1));
        compare(&real, &model).await;
    }
    model.now = now(&real, began);
    what_is_dead_stays_dead(nodes, &mut real, model).await;
}

fn now(real: &Real, began: ginnel::time::Timestamp) -> i64 {
    real.app.now().as_millis() - began.as_millis()
}

/// Uses one link in several ways at once, spread over the nodes; the model after an order of them that explains the answers.
async fn use_link(
    nodes: &[TestApp],
    real: &mut Real,
    model: Model,
    link: usize,
    requests: Vec<Request>,
) -> Model {
    let calls: Vec<_> = requests
        .iter()
        .zip(nodes.iter().cycle())
        .map(|(request, node)| {
            tokio::spawn(real.call(link, request).at(&node.router).into_future())
        })
        .collect();
    let mut answers = Vec::new();
    for (request, call) in requests.into_iter().zip(calls) {
        answers.push((answers.len(), request, call.await.unwrap()));
    }
    let mut before = model;
    before.told.clear();
    let after = explained(
        &before,
        &answers,
        |model, (number, request, answer)| match (model.step(link, request), judged(answer)) {
            (Outcome::Refused(expected), Err(refused)) => expected == refused,
            (Outcome::Approved, Ok(())) => answer.status == 202,
            (Outcome::Tokens(session), Ok(())) => {
                model.told.insert(*number, session);
                answer.status == 200
            }
            _ => false,
        },
    );
    // One link, one session, whoever asks and how often.
    real.sessions.resize(after.sessions, None);
    for (number, session) in &after.told {
        let sid = sid(real, &answers[*number].2);
        let known = real.sessions[*session].get_or_insert_with(|| sid.clone());
        assert_eq!(*known, sid);
    }
    after
}

fn sid(real: &Real, answer: &Response) -> String {
    let answer = answer.json();
    let claims = real
        .app
        .claims(answer["auth_result"]["auth_token"].as_str().unwrap());
    assert_eq!(claims["sub"], real.user.as_str());
    claims["sid"].as_str().unwrap().to_owned()
}

/// Compares what is stored with what should be.
async fn compare(real: &Real, model: &Model) {
    let user = real.user.clone();
    let sessions = real
        .app
        .read(move |tx| list::<String>(tx, "SELECT id FROM sessions WHERE user_id = $1", &[&user]))
        .await;
    assert_eq!(sessions.len(), model.sessions, "{sessions:?}");
    let user = real.user.clone();
    let stored = real
        .app
        .read(move |tx| {
            list::<(String, i64, bool, Option<String>)>(
                tx,
                "SELECT id, code_tries_left, used_by IS NOT NULL, session_id FROM magic_links WHERE user_id = $1",
                &[&user],
            )
        })
        .await;
    for (asking, link) in real.askings.iter().zip(&model.links) {
        let row = stored.iter().find(|(id, ..)| *id == asking.id);
        let (_, tries, is_used, session) = row.expect("the link is stored");
        assert!((0..=TRIES).contains(tries));
        assert_eq!(*tries, link.tries);
        assert_eq!(*is_used, link.used.is_some());
        let expected = link
            .session
            .and_then(|session| real.sessions[session].as_ref());
        assert_eq!(session.as_ref(), expected);
    }
}

/// Whatever was used or has ended is tried in every way once more.
async fn what_is_dead_stays_dead(nodes: &[TestApp], real: &mut Real, mut model: Model) {
    for number in 0..model.links.len() {
        let link = model.links[number].clone();
        if link.used.is_none() && model.now < link.expires {
            continue;
        }
        let mut tries = vec![Request::Type { is_right: true }];
        if link.has_secret {
            for digits in [Digits::None, Digits::Right] {
                let browser = link.browser;
                tries.push(Request::Open { browser, digits });
            }
        }
        for request in tries {
            let sessions = model.sessions;
            model = use_link(nodes, real, model, number, vec![request]).await;
            assert_eq!(model.sessions, sessions);
        }
    }
    compare(real, &model).await;
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

//! Test apps and their claims (D15).
//!
//! What holds at every moment: an app has no owner or the one who claimed it first, a claimed app never ends and keeps its
//! users, and one that nobody claimed answers nobody after its week, whether it was cleaned away by then or not.

use ginnel::domain::events::Client;
use ginnel::domain::members::Role;
use ginnel::domain::test_apps::{self, ClaimRefusal, claim};
use ginnel::ids::UserId;
use ginnel::jobs;
use ginnel::store::testing::list;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::{LONGEST, MOST_AT_ONCE, explained, for_all};
use crate::support::{TestApp, stories, stories_on_postgres};
use crate::test_apps::Trial;

stories!(any_history_keeps_the_promises_of_test_apps);

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// What can happen. An `Index` picks one of the test apps that there are.
#[derive(Clone, Debug)]
enum Operation {
    /// A page gets a test app.
    Make,
    /// Somebody signs up in one.
    SignUp(Index),
    /// Somebody looks into its inbox.
    OpenInbox { app: Index, is_right: bool },
    /// Members claim one app, all at once.
    Claim(Index, Vec<Claim>),
    /// Time passes, seconds.
    Wait(i64),
    /// Housekeeping comes by.
    Clean,
}

/// A member and what they hold.
#[derive(Clone, Debug)]
struct Claim {
    member: usize,
    secret: Secret,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Secret {
    Right,
    Wrong,
    /// A bare claim.
    None,
}

fn claims() -> impl Strategy<Value = Claim> {
    let secrets = prop::sample::select(vec![
        Secret::Right,
        Secret::Right,
        Secret::Wrong,
        Secret::None,
    ]);
    (0..3_usize, secrets).prop_map(|(member, secret)| Claim { member, secret })
}

fn histories() -> impl Strategy<Value = (bool, Vec<Operation>)> {
    let waits = prop::sample::select(vec![1, DAY, 3 * DAY, WEEK - 1, WEEK]);
    let operation = prop_oneof![
        2 => Just(Operation::Make),
        3 => any::<Index>().prop_map(Operation::SignUp),
        2 => (any::<Index>(), any::<bool>())
            .prop_map(|(app, is_right)| Operation::OpenInbox { app, is_right }),
        5 => (any::<Index>(), prop::collection::vec(claims(), 1..=MOST_AT_ONCE))
            .prop_map(|(app, claims)| Operation::Claim(app, claims)),
        3 => waits.prop_map(Operation::Wait),
        2 => Just(Operation::Clean),
    ];
    (any::<bool>(), prop::collection::vec(operation, 1..LONGEST))
}

/// What should be of one app.
#[derive(Clone, Debug)]
struct Model {
    /// Seconds since the story began.
    now: i64,
    takes_bare_claims: bool,
    made: i64,
    owner: Option<usize>,
    users: usize,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Claimed,
    AlreadyClaimed,
    Expired,
    Foreign,
    BareRefused,
}

impl Model {
    fn has_ended(&self) -> bool {
        self.owner.is_none() && self.now >= self.made + WEEK
    }

    fn claim(&mut self, claim: &Claim) -> Outcome {
        if self.owner.is_some() {
            return Outcome::AlreadyClaimed;
        }
        if self.has_ended() {
            return Outcome::Expired;
        }
        match claim.secret {
            Secret::Wrong => Outcome::Foreign,
            Secret::None if !self.takes_bare_claims => Outcome::BareRefused,
            Secret::None | Secret::Right => {
                self.owner = Some(claim.member);
                Outcome::Claimed
            }
        }
    }
}

/// What is.
struct Real {
    node: TestApp,
    members: [UserId; 3],
    trials: Vec<Trial>,
}

async fn any_history_keeps_the_promises_of_test_apps(app: TestApp) {
    run(&[app]).await;
}

async fn run(nodes: &[TestApp]) {
    let members = [
        nodes[0].member("ada").await,
        nodes[0].member("grace").await,
        nodes[0].member("mary").await,
    ];
    for_all(histories(), async |(takes_bare_claims, history)| {
        // Pages of one machine get so many an hour.
        nodes[0].advance(3600);
        let nodes: Vec<_> = nodes
            .iter()
            .map(|node| node.configured(|config| config.bare_claims = Some(takes_bare_claims)))
            .collect();
        let real = Real {
            node: nodes[0].clone(),
            members: members.clone(),
            trials: Vec::new(),
        };
        follow(&nodes, real, takes_bare_claims, history).await;
    })
    .await;
}

async fn follow(
    nodes: &[TestApp],
    mut real: Real,
    takes_bare_claims: bool,
    history: Vec<Operation>,
) {
    let began = real.node.now();
    let mut models: Vec<Model> = Vec::new();
    for operation in history {
        let now = (real.node.now().as_millis() - began.as_millis()) / 1000;
        for model in &mut models {
            model.now = now;
        }
        let pick = |index: &Index| (!models.is_empty()).then(|| index.index(models.len()));
        match operation {
            Operation::Make if models.len() < 3 => {
                real.trials.push(real.node.trial().await);
                models.push(Model {
                    now,
                    takes_bare_claims,
                    made: now,
                    owner: None,
                    users: 0,
                });
            }
            Operation::Make => {}
            Operation::SignUp(app) => {
                let Some(app) = pick(&app) else { continue };
                let model = &mut models[app];
                let body = json!({ "identifier": format!("user{}@example.com", model.users) });
                let answer = real.trials[app].app.anonymous().post("/users", body).await;
                if model.has_ended() {
                    answer.assert_refused(404, "app_not_found", "");
                } else {
                    answer.expect(201);
                    model.users += 1;
                }
            }
            Operation::OpenInbox { app, is_right } => {
                let Some(app) = pick(&app) else { continue };
                let trial = &real.trials[app];
                let secret = if is_right {
                    trial.secret.as_str()
                } else {
                    "wrong"
                };
                let opened = test_apps::open_inbox(&real.node.app, &trial.app.id, secret);
                // A claimed app has no such inbox: its members have the Console's.
                let model = &models[app];
                let opens = is_right && !model.has_ended() && model.owner.is_none();
                assert_eq!(opened.await.unwrap().is_some(), opens);
            }
            Operation::Claim(app, claims) => {
                let Some(app) = pick(&app) else { continue };
                models[app] = claim_at_once(nodes, &real, models[app].clone(), app, claims).await;
            }
            Operation::Wait(seconds) => real.node.advance(seconds.unsigned_abs()),
            Operation::Clean => {
                real.node
                    .blocking(|app| jobs::remove_apps(app).unwrap())
                    .await;
            }
        }
        let now = (real.node.now().as_millis() - began.as_millis()) / 1000;
        for (model, trial) in models.iter_mut().zip(&real.trials) {
            model.now = now;
            compare(&real, model, trial).await;
        }
    }
}

/// Claims one app several times at once, spread over the nodes; the model after an order that explains the answers.
async fn claim_at_once(
    nodes: &[TestApp],
    real: &Real,
    model: Model,
    app: usize,
    claims: Vec<Claim>,
) -> Model {
    let Trial { app, secret } = &real.trials[app];
    let claimers: Vec<_> = claims
        .iter()
        .zip(nodes.iter().cycle())
        .map(|(wanted, node)| {
            let (node, id, member) = (
                node.app.clone(),
                app.id.clone(),
                real.members[wanted.member].clone(),
            );
            let secret = match wanted.secret {
                Secret::Right => Some(secret.clone()),
                Secret::Wrong => Some(secret.to_lowercase()),
                Secret::None => None,
            };
            tokio::spawn(async move {
                claim(&node, &id, secret.as_deref(), &member, &Client::server()).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for (wanted, claimer) in claims.into_iter().zip(claimers) {
        let outcome = match claimer.await.unwrap() {
            Ok(_) => Outcome::Claimed,
            Err(ClaimRefusal::AlreadyClaimed) => Outcome::AlreadyClaimed,
            Err(ClaimRefusal::Expired) => Outcome::Expired,
            Err(ClaimRefusal::Foreign) => Outcome::Foreign,
            Err(ClaimRefusal::BareRefused) => Outcome::BareRefused,
            Err(other) => panic!("{other:?}"),
        };
        answers.push((wanted, outcome));
    }
    // Another node may have loaded the app as it was a moment ago.
    for node in nodes {
        node.app.apps.forget(&app.id);
    }
    explained(&model, &answers, |model, (wanted, outcome)| {
        model.claim(wanted) == *outcome
    })
}

/// Compares what is stored, and answered, with what should be.
async fn compare(real: &Real, model: &Model, trial: &Trial) {
    let id = trial.app.id.clone();
    let members = real.node.read(move |tx| tx.list_members(&id)).await.len();
    assert_eq!(members, usize::from(model.owner.is_some()));
    if let Some(owner) = model.owner {
        let (id, owner) = (trial.app.id.clone(), real.members[owner].clone());
        let role = real.node.read(move |tx| tx.find_role(&id, &owner)).await;
        assert_eq!(role, Some(Role::Owner));
    }
    let answer = trial.app.anonymous().get("").await;
    if model.has_ended() {
        answer.assert_refused(404, "app_not_found", "");
        return;
    }
    assert_eq!(
        answer.expect(200)["app"]["ephemeral"],
        model.owner.is_none()
    );
    let id = trial.app.id.clone();
    let users = real
        .node
        .read(move |tx| list::<String>(tx, "SELECT id FROM users WHERE app_id = $1", &[&id]))
        .await;
    assert_eq!(users.len(), model.users, "users are kept");
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

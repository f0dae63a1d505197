//! What two nodes must agree on: ceremonies that move from one to the other, tokens and links that are used on both at
//! once, keys that are rotated beside them.

use std::time::Duration;

use anyhow::{Result, bail};

use super::claims::{Harm, Sentence};
use super::client::{Client, Ending};
use super::clock::{current_user, key_set, rotate};
use super::crowd::seconds;
use super::nodes::Pair;
use crate::app::TestedApp;
use crate::http::Connection;
use crate::machine;
use crate::phases::ceremonies::{self, Tokens};
use crate::phases::links;

const ACROSS: Sentence = (
    "a ceremony begun on one node is finished on the other",
    Harm::Other,
);

const ONCE: Sentence = (
    "a ceremony that is finished on both nodes at once signs in once",
    Harm::WronglyAccepted,
);

const SUCCESSORS: Sentence = (
    "a refresh token that is used on both nodes at once has one successor, and that is good",
    Harm::WronglyAccepted,
);

const LINKS: Sentence = (
    "a link that is opened on both nodes at once signs in once",
    Harm::WronglyAccepted,
);

const ROTATIONS: Sentence = (
    "a token of either node is good on the other right after a rotation of keys, and so are those of before",
    Harm::Missing,
);

const KEY_SETS: Sentence = (
    "both nodes publish the same keys within seconds of a rotation",
    Harm::Other,
);

/// How long nodes may work from their copies of an app, and a bit more.
const COPIES_WITHIN: Duration = Duration::from_millis(3500);

/// How long a mail may take.
const MAIL_WITHIN: Duration = Duration::from_secs(20);

/// How often keys are rotated.
const KEY_ROTATIONS: u64 = 3;

/// Every race, `times` each.
pub async fn play(pair: &Pair, times: u64) -> Result<()> {
    let ledger = &pair.site.ledger;
    let [first, second] = &pair.setups;
    let mut here = Client::new(ledger, first.address);
    let mut there = Client::new(ledger, second.address);
    for _ in 0..times {
        let user = cross(&mut here, &mut there).await?;
        finish_twice(&mut here, &mut there, user).await?;
        std::mem::swap(&mut here, &mut there);
    }
    open_links(pair, &mut here, &mut there, times).await?;
    for _ in 0..KEY_ROTATIONS {
        rotate_keys(pair, &mut here, &mut there).await?;
    }
    Ok(())
}

/// Somebody signs up and in, each time from one node to the other.
async fn cross(here: &mut Client, there: &mut Client) -> Result<u64> {
    let user = here.ledger.app.next_user();
    let start = here
        .ask(async |connection, app| ceremonies::start_registration(connection, app, user).await)
        .await;
    let body = done(start)?;
    let finish = there
        .ask(async |connection, app| ceremonies::finish_registration(connection, app, &body).await)
        .await;
    claim_done(there, ACROSS, &finish);
    let start = there
        .ask(async |connection, app| ceremonies::start_login(connection, app, user).await)
        .await;
    let body = done(start)?;
    let finish = here
        .ask(async |connection, app| ceremonies::finish_login(connection, app, &body).await)
        .await;
    claim_done(here, ACROSS, &finish);
    Ok(user)
}

/// A sign-in is finished on both nodes at the same time, and then a refresh token is used on both.
async fn finish_twice(here: &mut Client, there: &mut Client, user: u64) -> Result<()> {
    let ledger = std::rc::Rc::clone(&here.ledger);
    let start = here
        .ask(async |connection, app| ceremonies::start_login(connection, app, user).await)
        .await;
    let body = done(start)?;
    let finish = async |connection: &mut Connection, app: &TestedApp| {
        ceremonies::finish_login(connection, app, &body).await
    };
    let endings = tokio::join!(here.ask(finish), there.ask(finish));
    let tokens = match endings {
        (Ending::Done(tokens), Ending::Refused(_)) | (Ending::Refused(_), Ending::Done(tokens)) => {
            ledger.claims.check(ONCE, true, String::new);
            tokens
        }
        other => {
            ledger
                .claims
                .check(ONCE, false, || format!("{:?}", names(&other)));
            return Ok(());
        }
    };
    let refresh = async |connection: &mut Connection, app: &TestedApp| {
        ceremonies::refresh(connection, app, &tokens.refresh_token).await
    };
    let endings = tokio::join!(here.ask(refresh), there.ask(refresh));
    match endings {
        (Ending::Done(one), Ending::Done(other)) if one.refresh_token == other.refresh_token => {
            let refresh = async |connection: &mut Connection, app: &TestedApp| {
                ceremonies::refresh(connection, app, &one.refresh_token).await
            };
            let ending = there.ask(refresh).await;
            claim_done(there, SUCCESSORS, &ending);
        }
        other => ledger
            .claims
            .check(SUCCESSORS, false, || format!("{:?}", names(&other))),
    }
    Ok(())
}

/// Links are asked for on one node, and each is opened on both at once.
async fn open_links(pair: &Pair, here: &mut Client, there: &mut Client, count: u64) -> Result<()> {
    let ledger = &pair.site.ledger;
    for _ in 0..count {
        here.ask_for_link().await;
    }
    let begin = machine::now();
    let asked = ledger.links.borrow().len();
    while pair.site.sink.count() < asked && begin.elapsed() < MAIL_WITHIN {
        seconds(0.05).await;
    }
    for mail in pair.site.sink.take() {
        let (to, secrets) = (&mail.to, &mail.secrets);
        let open = async |connection: &mut Connection, app: &TestedApp| {
            links::open(connection, app, to, secrets).await
        };
        let endings = tokio::join!(here.ask(open), there.ask(open));
        let is_once = matches!(
            endings,
            (Ending::Done(()), Ending::Refused(_)) | (Ending::Refused(_), Ending::Done(()))
        );
        ledger
            .claims
            .check(LINKS, is_once, || format!("{:?}", names(&endings)));
        // This one has come and was opened: nothing is left to look at.
        ledger.links.borrow_mut().remove(to);
    }
    Ok(())
}

/// Keys are rotated by the command line; tokens of both nodes must be good on both, at once.
async fn rotate_keys(pair: &Pair, here: &mut Client, there: &mut Client) -> Result<()> {
    let ledger = &pair.site.ledger;
    // Both have a copy of the app by now, and it is young.
    let mut tokens = vec![sign_up(here).await?, sign_up(there).await?];
    rotate(&pair.site.installation, &ledger.app)?;
    let begin = machine::now();
    loop {
        tokens.extend([sign_up(here).await?, sign_up(there).await?]);
        for token in tokens.iter().rev().take(4) {
            for node in [&mut *here, &mut *there] {
                let ending = node
                    .ask(async |connection, app| current_user(connection, app, token).await)
                    .await;
                claim_done(node, ROTATIONS, &ending);
            }
        }
        let is_same = key_set(here).await? == key_set(there).await?;
        if begin.elapsed() > COPIES_WITHIN {
            ledger
                .claims
                .check(KEY_SETS, is_same, || format!("not in {COPIES_WITHIN:?}"));
            return Ok(());
        }
        seconds(0.2).await;
    }
}

async fn sign_up(client: &mut Client) -> Result<String> {
    let user = client.ledger.app.next_user();
    let ending: Ending<Tokens> = client
        .ask(async |connection, app| ceremonies::register(connection, app, user).await)
        .await;
    Ok(done(ending)?.auth_token)
}

fn done<T>(ending: Ending<T>) -> Result<T> {
    match ending {
        Ending::Done(value) => Ok(value),
        other => bail!(
            "A node that is left alone answered otherwise: {}",
            other.name()
        ),
    }
}

fn claim_done<T>(client: &Client, sentence: Sentence, ending: &Ending<T>) {
    let holds = matches!(ending, Ending::Done(_));
    client
        .ledger
        .claims
        .check(sentence, holds, || ending.name().to_owned());
}

fn names<T>((one, other): &(Ending<T>, Ending<T>)) -> [String; 2] {
    [one.name().to_owned(), other.name().to_owned()]
}

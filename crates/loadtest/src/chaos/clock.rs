//! The clock goes forward and back under load.

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::claims::{Harm, Sentence};
use super::client::{Client, Ending};
use super::clocks::ShiftedClock;
use super::crowd::{Crowd, seconds};
use super::ledger::Ledger;
use super::site::{Ground, Site};
use super::table::Row;
use super::verify::verify;
use super::{CROWD, Stage};
use crate::app::TestedApp;
use crate::http::{Connection, Request};
use crate::machine;
use crate::phases::ceremonies;
use crate::server::Installation;

/// Where the clock goes, one after the other, seconds beside the system's: minutes, a summer time, a day, forward and back.
const SHIFTS: [i64; 9] = [180, 0, -3600, 0, 7200, 0, 86_400, -86_400, 0];

/// The same in the short form.
const SHORT_SHIFTS: [i64; 4] = [180, -3600, 86_400, 0];

/// How long an auth token lives, seconds: the app's default.
const TOKEN_LIFETIME: i64 = 3600;

/// How long the load goes on at each place.
const STAY_SECONDS: f64 = 2.5;

/// How long a node may work from its copy of an app, and a bit more.
const COPY_WITHIN: Duration = Duration::from_millis(3500);

/// How long mails that were asked for may be on their way before the clock is moved.
const MAILS_WITHIN: Duration = Duration::from_secs(15);

const EXPIRY: Sentence = (
    "an auth token is refused while the clock is past its end or before its begin, and works in between",
    Harm::WronglyAccepted,
);

const COPIES: Sentence = (
    "a rotated key is in the key set after two seconds, wherever the clock went",
    Harm::Other,
);

/// Moves the server's clock through all places, `rounds` times.
pub async fn move_clocks(stage: &Stage, rounds: u64) -> Result<Row> {
    let (name, begin) = ("clock", machine::now());
    let (site, node) = Site::open(stage, name, Ground::with_clock()).await?;
    let clock = site.clock.as_ref().context("The clock can be moved.")?;
    let ledger = Rc::clone(&site.ledger);
    ledger.replays_end_sessions.set(false);
    let mut client = Client::new(&ledger, node.address);
    let crowd = Crowd::gather(&ledger, node.address, CROWD);
    let mut moves = 0;
    for _ in 0..rounds {
        let mut last = 0;
        let shifts = match stage.is_short {
            true => &SHORT_SHIFTS[..],
            false => &SHIFTS[..],
        };
        for &shift in shifts {
            seconds(STAY_SECONDS).await;
            let mails = settle_mails(&site).await;
            let counts = ledger.counts.get();
            eprintln!(
                "  {} writes, {mails} mails; the clock goes to {shift:+} s",
                counts.sum()
            );
            let token = any_auth_token(&mut client).await?;
            move_clock(&ledger, clock, shift).await?;
            moves += 1;
            check_token(&mut client, &token, shift - last).await;
            check_copy(&site.installation, &mut client).await?;
            last = shift;
        }
    }
    seconds(STAY_SECONDS).await;
    crowd.leave().await?;
    // A mail that was on its way when the clock jumped looks as if its sender had gone.
    let doubled = verify(&site, node.address, moves).await?;
    site.close(node).await?;
    Ok(Row::of(&site.ledger, name, moves, doubled, begin.elapsed()))
}

/// What began at one time and ends at another may be refused: a ceremony lasts five minutes.
async fn move_clock(ledger: &Ledger, clock: &ShiftedClock, shift: i64) -> Result<()> {
    ledger.goes_down();
    clock.shift(shift)?;
    seconds(0.3).await;
    ledger.is_up();
    ledger.asks_for_links.set(true);
    ledger.links_work_since.set(Some(machine::now()));
    Ok(())
}

/// Nobody asks for links any more until the clock has moved; waits for the mails of those before: one that the clock leaves
/// behind has lost its use, or is not due for long.
async fn settle_mails(site: &Site) -> usize {
    site.ledger.asks_for_links.set(false);
    let begin = machine::now();
    let is_settled = || site.sink.count() >= site.ledger.links.borrow().len();
    seconds(0.2).await;
    while !is_settled() && begin.elapsed() < MAILS_WITHIN {
        seconds(0.05).await;
    }
    // What was never acknowledged may be on its way, too.
    seconds(0.2).await;
    site.sink.count()
}

async fn any_auth_token(client: &mut Client) -> Result<String> {
    let ledger = Rc::clone(&client.ledger);
    let user = ledger.app.next_user();
    let signed_up = client
        .ask(async |connection, app| ceremonies::register(connection, app, user).await)
        .await;
    match signed_up {
        Ending::Done(tokens) => Ok(tokens.auth_token),
        other => bail!("A sign-up was answered otherwise: {}", other.name()),
    }
}

/// `moved` is how far the clock has gone since the token was issued. A token is good from a minute before its issue.
async fn check_token(client: &mut Client, token: &str, moved: i64) {
    let is_good = (-30..TOKEN_LIFETIME - 30).contains(&moved);
    let ending = client
        .ask(async |connection, app| current_user(connection, app, token).await)
        .await;
    let holds = matches!(ending, Ending::Done(())) == is_good;
    let found = || format!("moved by {moved} s: {}", ending.name());
    client.ledger.claims.check(EXPIRY, holds, found);
}

/// Asks who is signed in.
pub async fn current_user(connection: &mut Connection, app: &TestedApp, token: &str) -> Result<()> {
    let request = Request {
        method: "GET",
        path: &app.paths.current_user,
        origin: Some(&app.origin),
        token: Some(token),
        ..Request::default()
    };
    connection.send(&request).await?.expect(200)?;
    Ok(())
}

/// Rotates the app's keys beside the server, as the command line does on another node.
async fn check_copy(installation: &Installation, client: &mut Client) -> Result<()> {
    let before = key_set(client).await?;
    rotate(installation, &client.ledger.app)?;
    let begin = machine::now();
    let mut is_seen = false;
    while !is_seen && begin.elapsed() < COPY_WITHIN {
        seconds(0.1).await;
        is_seen = key_set(client).await? != before;
    }
    let found = || format!("not in {COPY_WITHIN:?}");
    client.ledger.claims.check(COPIES, is_seen, found);
    Ok(())
}

/// Lets the next key sign from now on.
pub fn rotate(installation: &Installation, app: &TestedApp) -> Result<()> {
    let output = installation
        .command()
        .args(["keys", "rotate", "--at-once", "--app", &app.id])
        .output()?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("`ginnel keys rotate` failed: {words}");
    }
    Ok(())
}

/// The app's key set, as text.
pub async fn key_set(client: &mut Client) -> Result<String> {
    let ending = client
        .ask(async |connection, app| {
            let request = Request {
                method: "GET",
                path: &app.paths.jwks,
                ..Request::default()
            };
            let answer = connection.send(&request).await?;
            Ok(String::from_utf8(answer.expect(200)?.to_vec())?)
        })
        .await;
    match ending {
        Ending::Done(text) => Ok(text),
        other => bail!("The key set was answered otherwise: {}", other.name()),
    }
}

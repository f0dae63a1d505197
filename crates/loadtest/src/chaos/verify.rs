//! Afterwards: whether everything that was acknowledged is there, and nothing works that should not.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::claims::{Harm, Sentence};
use super::client::Ending;
use super::clocks::PAST_ALL_LEASES;
use super::crowd::{seconds, share_out};
use super::site::Site;
use super::thief::{CONSUMED, ENDED, FINISHED};
use crate::machine;
use crate::mail::{Mail, Secrets};
use crate::phases::links;

/// Users and their passkeys.
const USERS: Sentence = (
    "whoever was told that they have signed up signs in with their passkey",
    Harm::Missing,
);

/// Sessions.
const SESSIONS: Sentence = (
    "the last refresh token that a browser was given refreshes",
    Harm::Missing,
);

/// Messages.
const MAILS: Sentence = (
    "the mail of every request for a link that was acknowledged came",
    Harm::Missing,
);

/// Messages that came more than once.
const DOUBLES: Sentence = (
    "no mails came twice but those on their way when a process was killed",
    Harm::Doubled,
);

/// Links.
const LINKS: Sentence = ("a link that came by mail signs in", Harm::Missing);

/// Links once more.
const USED_LINKS: Sentence = ("no link that was used works again", Harm::WronglyAccepted);

/// Sessions of which the consumed token is shown again, at most: each costs two requests.
const REPLAYS: usize = 3_000;

/// Links that are opened, at most.
const OPENED: usize = 500;

/// How long ago a link may have come to be opened: it works for 15 minutes.
const LINK_AGE: Duration = Duration::from_secs(8 * 60);

/// How long no mail may come before those that are missing count as lost: longer than a message is left to a sender that
/// was killed, and than the server waits after the first attempts that failed.
const PATIENCE: Duration = Duration::from_secs(330);

/// The same where the clock was moved past all of these.
const SHORT_PATIENCE: Duration = Duration::from_secs(40);

/// When a consumed refresh token is in foreign hands, seconds.
const PAST_GRACE: f64 = 11.0;

/// Mails that one process may have on their way at once (`smtp_connections`).
const MAILS_AT_ONCE: u64 = 4;

/// Holds everything in the books against a server that is left alone from now on. `kills` of a sender may have doubled
/// mails.
pub async fn verify(site: &Site, address: SocketAddr, kills: u64) -> Result<u64> {
    let ledger = &site.ledger;
    for sentence in [
        USERS, SESSIONS, CONSUMED, ENDED, FINISHED, MAILS, DOUBLES, LINKS, USED_LINKS,
    ] {
        ledger.claims.expect(sentence);
    }
    users_and_sessions(site, address).await?;
    let doubled = mails(site, address, kills).await?;
    ledger.judge_failures();
    Ok(doubled)
}

async fn users_and_sessions(site: &Site, address: SocketAddr) -> Result<()> {
    let ledger = &site.ledger;
    // What a thief does comes first: a ceremony lasts five minutes only.
    let finishes = ledger.finishes.take();
    let recent = |(body, at): (String, Instant)| (at.elapsed() < LINK_AGE / 2).then_some(body);
    let finishes: Vec<_> = finishes.into_iter().filter_map(recent).collect();
    share_out(ledger, address, finishes, async |client, body| {
        client.replay_finish(&body).await;
    })
    .await?;

    // Refreshes that were never answered are asked for once more.
    let waiting = ledger.waiting.take();
    share_out(ledger, address, waiting, async |client, session| {
        client.refresh_session(session).await;
    })
    .await?;

    let users = ledger.users.take();
    share_out(ledger, address, users, async |client, user| {
        let ending = client.sign_in(user).await;
        let holds = matches!(ending, Ending::Done(()));
        let found = || format!("user {user}: {}", ending.name());
        client.ledger.claims.check(USERS, holds, found);
    })
    .await?;

    let sessions = ledger.sessions.take();
    share_out(ledger, address, sessions, async |client, session| {
        let ending = client.refresh_session(session).await;
        let holds = matches!(ending, Ending::Done(()));
        let found = || ending.name().to_owned();
        client.ledger.claims.check(SESSIONS, holds, found);
    })
    .await?;

    match &site.clock {
        None => seconds(PAST_GRACE).await,
        Some(clock) => clock.shift(PAST_GRACE as i64)?,
    }
    let mut sessions = ledger.sessions.take();
    sessions.truncate(REPLAYS);
    share_out(ledger, address, sessions, async |client, session| {
        if let Some((consumed, _)) = session.previous.clone() {
            client.replay_token(session, &consumed).await;
        }
    })
    .await?;

    let ended = ledger.ended.take();
    share_out(ledger, address, ended, async |client, session| {
        client.use_ended(&session).await;
    })
    .await
}

async fn mails(site: &Site, address: SocketAddr, kills: u64) -> Result<u64> {
    let ledger = &site.ledger;
    let patience = match &site.clock {
        None => PATIENCE,
        Some(clock) => {
            clock.shift(PAST_ALL_LEASES.as_secs().try_into()?)?;
            SHORT_PATIENCE
        }
    };
    let asked = ledger.links.take();
    let mut arrived: HashMap<String, (Secrets, Instant)> = HashMap::new();
    let mut repeated = 0;
    let mut last = machine::now();
    loop {
        for Mail { to, secrets, at } in site.sink.take() {
            last = machine::now();
            if arrived.insert(to, (secrets, at)).is_some() {
                repeated += 1;
            }
        }
        let is_complete = asked.keys().all(|address| arrived.contains_key(address));
        if is_complete || last.elapsed() > patience {
            break;
        }
        seconds(0.25).await;
    }
    // A second copy leaves once the first one's lease has passed.
    seconds(1.0).await;
    let doubled = repeated + site.sink.doubled();
    for (to, at) in &asked {
        let found = || format!("{to}, asked for {:?} ago", at.elapsed());
        let came = arrived.contains_key(to);
        ledger.claims.check(MAILS, came, found);
    }
    let most = kills * MAILS_AT_ONCE;
    let found = || format!("{doubled} came twice, {most} may have");
    ledger.claims.check(DOUBLES, doubled <= most, found);

    // Whose links were asked for in vain got mails as well, and they are as good.
    let asked: HashSet<_> = asked.into_keys().collect();
    let known = |(to, (secrets, at)): (String, (Secrets, Instant))| {
        let works = ledger
            .links_work_since
            .get()
            .is_none_or(|since| at >= since);
        (asked.contains(&to) && works && at.elapsed() < LINK_AGE).then_some((to, secrets))
    };
    let mut letters: Vec<_> = arrived.into_iter().filter_map(known).collect();
    letters.truncate(OPENED);
    share_out(ledger, address, letters, async |client, (to, secrets)| {
        for (sentence, is_good) in [(LINKS, true), (USED_LINKS, false)] {
            let ending = client
                .ask(async |connection, app| links::open(connection, app, &to, &secrets).await)
                .await;
            let holds = match &ending {
                Ending::Done(()) => is_good,
                Ending::Refused(_) => !is_good,
                Ending::Unavailable | Ending::Unanswered => false,
            };
            let found = || format!("{to}: {}", ending.name());
            client.ledger.claims.check(sentence, holds, found);
        }
    })
    .await?;
    Ok(doubled)
}

//! An outage of the mail server under load: whatever was acknowledged must be delivered afterwards, once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::links;
use super::measure::{Load, Measured, Operate};
use crate::app::TestedApp;
use crate::http::Connection;
use crate::machine;
use crate::mail::{Mail, Sink};
use crate::server::Installation;

/// How long no mail may come before those that are missing count as lost: longer than the server waits after an attempt that
/// fell into the outage, and than a message is left to a sender that is gone.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often the server is asked whether messages wait.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What came of the load.
#[derive(Debug)]
pub struct Outage {
    /// How asking for links went meanwhile.
    pub measured: Measured,
    /// What became of the mails.
    pub tally: Tally,
    /// Seconds from the end of the load until the last mail was there.
    pub drained_in: f64,
}

/// Requests against mails.
#[derive(Debug, PartialEq)]
pub struct Tally {
    /// Requests that were answered with success.
    pub acknowledged: u64,
    /// Those of them whose mail came.
    pub delivered: u64,
    /// Those of them whose mail never came.
    pub lost: u64,
    /// Mails that came once more.
    pub doubled: u64,
    /// The longest time from a request's answer to its mail, seconds.
    pub longest_delay: f64,
}

/// Asks for links as fast as the server takes them, each for an address of its own; for the middle half of the window the
/// mail server is off. Then waits until nothing is on its way any more.
pub async fn survive_outage(
    load: &Load,
    installation: &Installation,
    sink: &mut Sink,
    app: &Rc<TestedApp>,
) -> Result<Outage> {
    let acknowledged: Rc<RefCell<HashMap<String, Instant>>> = Rc::default();
    let newcomer = |connection| Newcomer {
        connection,
        app: Rc::clone(app),
        acknowledged: Rc::clone(&acknowledged),
    };
    let newcomers = load.connect().await?.into_iter().map(newcomer).collect();
    let quarter = load.window / 4;
    let switching = async {
        tokio::time::sleep(load.warm_up + quarter).await;
        eprintln!(
            "  The mail server is off; {} mails are there.",
            sink.count()
        );
        sink.switch_off().await?;
        tokio::time::sleep(quarter * 2).await;
        eprintln!("  The mail server is on again.");
        sink.switch_on()
    };
    let (measured, switched) = tokio::join!(load.measure(newcomers), switching);
    switched?;
    let measured = measured?;
    let end = machine::now();
    let acknowledged = acknowledged.take();
    eprintln!(
        "  {} links were asked for; {} mails are there.",
        acknowledged.len(),
        sink.count()
    );
    sink.wait_for(acknowledged.len(), PATIENCE).await?;
    let begin = machine::now();
    // What waits now came without being noted as sent, or never will come: either is told by waiting for it.
    while installation.has_waiting_messages()? && begin.elapsed() < PATIENCE {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let mails = sink.take();
    let last = mails.last().map_or(end, |mail| mail.at);
    Ok(Outage {
        measured,
        tally: Tally::of(&acknowledged, &mails, sink.doubled()),
        drained_in: last.saturating_duration_since(end).as_secs_f64(),
    })
}

impl Tally {
    /// `copied` mails bore a Message-ID that had come before, and are not among `mails`.
    fn of(acknowledged: &HashMap<String, Instant>, mails: &[Mail], copied: u64) -> Self {
        let mut arrivals: HashMap<&str, Instant> = HashMap::new();
        let mut doubled = copied;
        for mail in mails {
            if arrivals.insert(&mail.to, mail.at).is_some() {
                doubled += 1;
            }
        }
        let delays: Vec<_> = acknowledged
            .iter()
            .filter_map(|(to, at)| Some(arrivals.get(to.as_str())?.saturating_duration_since(*at)))
            .collect();
        let (acknowledged, delivered) = (acknowledged.len() as u64, delays.len() as u64);
        Tally {
            acknowledged,
            delivered,
            lost: acknowledged - delivered,
            doubled,
            longest_delay: delays.iter().max().map_or(0.0, Duration::as_secs_f64),
        }
    }
}

/// Signs up by link, as somebody else each time.
struct Newcomer {
    connection: Connection,
    app: Rc<TestedApp>,
    acknowledged: Rc<RefCell<HashMap<String, Instant>>>,
}

impl Operate for Newcomer {
    async fn operate(&mut self) -> Result<bool> {
        let address = TestedApp::identifier(self.app.next_user());
        links::ask_to_sign_up(&mut self.connection, &self.app, &address).await?;
        let mut acknowledged = self.acknowledged.borrow_mut();
        acknowledged.insert(address, machine::now());
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Secrets;

    #[test]
    fn each_request_is_held_against_its_mail() {
        let begin = machine::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let acknowledged = ["ada", "bob", "eve"].map(|name| (name.to_owned(), begin));
        let mail = |to: &str, seconds| Mail {
            to: to.to_owned(),
            secrets: Secrets {
                link: String::new(),
                code: String::new(),
            },
            at: after(seconds),
        };
        let mails = [mail("ada", 1), mail("bob", 7), mail("ada", 3)];
        let tally = Tally::of(&HashMap::from(acknowledged), &mails, 4);
        let expected = Tally {
            acknowledged: 3,
            delivered: 2,
            lost: 1,
            doubled: 5,
            longest_delay: 7.0,
        };
        assert_eq!(tally, expected);
    }
}

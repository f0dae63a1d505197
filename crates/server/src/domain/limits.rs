//! Limits that an attacker would spread over nodes, counted in the store (D10, D14). Floods of one client are limited in the
//! process: `http/floods.rs`.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::config::Config;
use crate::domain::events::Client;
use crate::error::{Error, Result};
use crate::ids::{AppId, MagicLinkId, UserId};
use crate::messages::Channel;
use crate::secrets::sha256;
use crate::store::Tx;
use crate::time::Timestamp;

/// Within this time from the first one, so many are allowed.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The same where a day is meant.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Digits at the end of a phone number in which the numbers of one range differ.
const RANGE_DIGITS: usize = 3;

/// Notices that one number gets within an hour for what its owner does: they cost money, too.
const NOTICES: u32 = 5;

/// Wrong codes of one user within an hour, over all codes.
const WRONG_CODES: u32 = 10;

/// Apps that one member makes within an hour.
const APPS: u32 = 30;

/// How often one link hands out its session again.
const JOINS: u32 = 10;

/// Test apps that one client may make within an hour.
const TEST_APPS: u32 = 20;

/// How often something may happen to one subject within some time.
#[derive(Clone, Debug)]
pub struct Limit {
    /// What is counted.
    pub kind: &'static str,
    /// To whom, as a hash: the counts name nobody.
    pub subject: [u8; 32],
    /// How often; 0 is no limit.
    pub most: u32,
    /// Within which time from the first one.
    pub within: Duration,
}

impl Limit {
    /// All that bounds a message which somebody asks for.
    pub fn of_message(config: &Config, app_id: &AppId, to: &str, client: &Client) -> Vec<Self> {
        let mut limits = vec![
            Limit::messages_to(config, app_id, to),
            Limit::messages_by(config, client),
        ];
        if Channel::of(to) == Channel::Sms {
            limits.extend(Limit::text_messages(config, app_id, to));
        }
        limits
    }

    /// Text messages of one app to one range of numbers, and to all. Whoever earns by each text that reaches their numbers has
    /// thousands of them, in a row, and asks from as many addresses.
    pub fn text_messages(config: &Config, app_id: &AppId, number: &str) -> [Self; 2] {
        let range = &number[..number.len().saturating_sub(RANGE_DIGITS)];
        [
            Limit {
                kind: "texts_to_range",
                subject: sha256(format!("{app_id} {range}").as_bytes()),
                most: config.text_messages_per_range_per_hour,
                within: HOUR,
            },
            Limit {
                kind: "texts_of_app",
                subject: sha256(app_id.as_str().as_bytes()),
                most: config.text_messages_per_app_per_day,
                within: DAY,
            },
        ]
    }

    /// Notices to one number of an app.
    pub fn notices_to(app_id: &AppId, number: &str) -> Self {
        Limit {
            kind: "notices_to_number",
            subject: sha256(format!("{app_id} {number}").as_bytes()),
            most: NOTICES,
            within: HOUR,
        }
    }

    /// Messages that one address of an app gets because somebody asked.
    pub fn messages_to(config: &Config, app_id: &AppId, address: &str) -> Self {
        Limit {
            kind: "messages_to_address",
            subject: sha256(format!("{app_id} {address}").as_bytes()),
            most: config.messages_per_address_per_hour,
            within: HOUR,
        }
    }

    /// Messages that one client asks for.
    pub fn messages_by(config: &Config, client: &Client) -> Self {
        Limit {
            kind: "messages_by_client",
            subject: sha256(network(client.address).to_string().as_bytes()),
            most: config.messages_per_client_per_hour,
            within: HOUR,
        }
    }

    /// Wrong codes of one user, and of one address: who has no account must not be told from who has by trying (D8).
    pub fn wrong_codes(app_id: &AppId, user_id: &UserId, address: &str) -> [Self; 2] {
        [user_id.to_string(), format!("{app_id} {address}")].map(|subject| Limit {
            kind: "wrong_codes",
            subject: sha256(subject.as_bytes()),
            most: WRONG_CODES,
            within: HOUR,
        })
    }

    /// Apps that one member of the Console makes: each takes a signing key from a small pool.
    pub fn apps_by(member: &UserId) -> Self {
        Limit {
            kind: "apps_by_member",
            subject: sha256(member.as_str().as_bytes()),
            most: APPS,
            within: HOUR,
        }
    }

    /// How often one link hands out its session again: an answer may be lost, and two tabs may wait.
    pub fn joins(link_id: &MagicLinkId) -> Self {
        Limit {
            kind: "link_joins",
            subject: sha256(link_id.as_str().as_bytes()),
            most: JOINS,
            within: HOUR,
        }
    }

    /// Test apps that one client makes.
    pub fn test_apps_by(client: &Client) -> Self {
        Limit {
            kind: "test_apps_by_client",
            subject: sha256(network(client.address).to_string().as_bytes()),
            most: TEST_APPS,
            within: HOUR,
        }
    }

    /// Counts one; seconds to wait if it is one too many, and then it is not counted.
    pub fn count(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<u32>> {
        if self.most == 0 || tx.count_within(self, now, now.plus(self.within))? {
            return Ok(None);
        }
        let ends_at = tx.find_limit_end(self)?.unwrap_or(now);
        let seconds = ends_at.since(now).as_millis().div_ceil(1000).max(1);
        Ok(Some(u32::try_from(seconds).unwrap_or(u32::MAX)))
    }

    /// The same as a refusal: 429.
    pub fn require(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
        match self.count(tx, now)? {
            None => Ok(()),
            Some(seconds) => Err(Error::rate_limited(seconds)),
        }
    }
}

/// What counts as one client: an IPv4 address, or the /64 that an IPv6 subscriber has to themselves.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX))),
    }
}

//! How a user can sign in as things are, and what stands in the way: for the team that is asked why somebody cannot.

use super::{Status, User};
use crate::app::App;
use crate::domain::apps::{AppRecord, AppType};
use crate::messages::{self, Channel};

/// The ways in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// What works, each in a few words.
    pub open: Vec<String>,
    /// What does not, each as a sentence with its reason.
    pub shut: Vec<String>,
}

impl Ways {
    /// Of a user of an app who has so many passkeys.
    pub fn of(app: &App, record: &AppRecord, user: &User, passkeys: usize) -> Self {
        let mut ways = Ways::default();
        if user.status == Status::Inactive {
            let reason = "The account is deactivated. Activate it below to let them in again.";
            ways.shut.push(reason.to_owned());
            return ways;
        }
        let settings = &record.settings;
        if settings.app_type == AppType::Flex {
            match (&user.external_id, passkeys) {
                (None, _) => ways.shut.push("This app signs its users in by itself (Flex), and its login does not know this account: it has no external ID.".to_owned()),
                (Some(_), 0) => ways.open.push("the app's own login".to_owned()),
                (Some(_), _) => ways.open.extend(["the app's own login".to_owned(), "passkey".to_owned()]),
            }
            return ways;
        }
        if settings.identifier_verification && !user.is_proven() {
            ways.shut.push("Passkeys wait until an address or number is verified by link or code: the settings of this app demand it.".to_owned());
        } else if passkeys > 0 {
            ways.open.push("passkey".to_owned());
        }
        let means = match (settings.magic_links, settings.one_time_codes) {
            (true, true) => "link or code",
            (true, false) => "link",
            (false, true) => "code",
            (false, false) => {
                ways.shut.push("This app sends neither links nor codes, so that passkeys are the only way in. They can be switched on in its settings.".to_owned());
                return ways;
            }
        };
        for (address, channel) in [(&user.email, Channel::Email), (&user.phone, Channel::Sms)] {
            let Some(address) = address else { continue };
            if messages::are_read(app, record, channel) {
                ways.open.push(format!("{means} to {address}"));
            } else {
                ways.shut.push(match channel {
                    Channel::Email => "This server sends no mail: whoever runs it has to set `smtp_url` and `mail_from`.".to_owned(),
                    Channel::Sms => "This server sends no text messages: whoever runs it has to set `sms_url`.".to_owned(),
                });
            }
        }
        ways
    }
}

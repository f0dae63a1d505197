//! Text messages: what each kind of provider is asked, field by field, and what its answers mean.

mod answers;
mod requests;
mod stand_in;

use ginnel::config::{Config, Secret, SmsProvider};
use ginnel::ids::MessageId;
use ginnel::messages::sender::Sender;
use ginnel::messages::{Language, Letter};

use self::stand_in::StandIn;
use crate::support::TestApp;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

const NUMBER: &str = "+15550109999";

const WEBHOOK_SECRET: &str = "a secret of some length";

/// Sends by Twilio, which is a stand-in.
fn twilio(stand_in: &StandIn) -> impl FnOnce(&mut Config) {
    let provider = SmsProvider::Twilio {
        base: stand_in.url(),
        account: ACCOUNT.to_owned(),
        token: Secret::new("to:ken@1"),
    };
    by(provider, Some("+15550100"))
}

/// The same with Vonage.
fn vonage(stand_in: &StandIn) -> impl FnOnce(&mut Config) {
    let provider = SmsProvider::Vonage {
        base: stand_in.url(),
        key: "abcd1234".to_owned(),
        secret: Secret::new("s&cret=1"),
    };
    by(provider, Some("+15550100"))
}

/// The same with a webhook.
fn webhook(stand_in: &StandIn, path: &str) -> impl FnOnce(&mut Config) {
    let url = stand_in.url().join(path).unwrap();
    by(SmsProvider::Webhook(Secret::new(url)), None)
}

fn by(provider: SmsProvider, from: Option<&str>) -> impl FnOnce(&mut Config) {
    let from = from.map(str::to_owned);
    move |config| {
        config.sms = Some(provider);
        config.sms_from = from;
        config.sms_webhook_secret = Some(Secret::new(WEBHOOK_SECRET));
    }
}

/// What somebody gets who wants to sign in by a code alone.
fn letter() -> Letter {
    Letter {
        link: None,
        link_minutes: None,
        ..super::letter(NUMBER)
    }
}

/// The same in Chinese, which has no letter of the GSM alphabet.
fn chinese_letter() -> Letter {
    Letter {
        language: Language::Zh,
        ..letter()
    }
}

impl TestApp {
    /// Stores a text message and sends what is due; what is stored of it then.
    async fn text(&self, letter: &Letter) -> ginnel::messages::Message {
        let id = self.store_message(letter).await;
        self.sent(&id).await
    }

    /// Sends what is due; what is stored of a message then.
    async fn sent(&self, id: &MessageId) -> ginnel::messages::Message {
        assert_eq!(Sender::new(self.app.clone()).send_due().await, 1);
        self.stored_message(id).await
    }
}

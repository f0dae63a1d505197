//! The text from which an app's own template starts: the built-in words, with the template's variables in them.

use minijinja::Value;

use super::rendering::Marks;
use super::words::{Phrase, Words};
use super::{Kind, Language, Letter, Rendered};
use crate::error::Result;
use crate::messages::Channel;

/// The variables' names in place of values.
const NAMES: [(&str, &str); 8] = [
    ("app", "{{ app.name }}"),
    ("link_time", "{{ magic_link.lifetime }}"),
    ("code_time", "{{ otp.lifetime }}"),
    ("link", "{{ magic_link.url }}"),
    ("code", "{{ otp.code }}"),
    ("passkey", "{{ passkey }}"),
    ("address", "{{ address }}"),
    ("device", "{{ device }}"),
];

/// A letter may come without any of these.
const CONDITIONS: Marks = Marks {
    when_link: "{% if magic_link.url %}\n",
    when_code: "{% if otp.code %}\n",
    when_device: "{% if device %}\n",
    end: "{% endif %}\n",
};

impl Rendered {
    /// The built-in message as a template. Filled in for a letter, it says what the letter says.
    pub fn starting(channel: Channel, kind: Kind, language: Language) -> Result<Self> {
        match channel {
            Channel::Email => mail(kind, language),
            Channel::Sms => text_message(kind, language),
        }
    }
}

fn mail(kind: Kind, language: Language) -> Result<Rendered> {
    let asks = kind.asks_for_proof();
    let (link, marks) = if asks {
        ("{{ magic_link.url }}", CONDITIONS)
    } else {
        let marks = Marks {
            when_link: "",
            end: "",
            ..CONDITIONS
        };
        ("{{ app.login_page }}", marks)
    };
    let letter = Letter {
        link: Some(link.to_owned()),
        link_minutes: Some(0),
        code: Some("{{ otp.code }}".to_owned()),
        code_minutes: Some(0),
        device: Some(String::new()),
        ..Letter::about(kind, language, "", "{{ app.name }}")
    };
    letter.filled(&Value::from_pairs(NAMES), marks)
}

fn text_message(kind: Kind, language: Language) -> Result<Rendered> {
    let (sms, values) = (&Words::of(language).sms, Value::from_pairs(NAMES));
    let fill = |phrase: &Phrase| phrase.fill(&values);
    let (code, works) = (fill(sms.code(kind))?, fill(&sms.code_works)?);
    let (link, or_link) = (fill(sms.link(kind))?, fill(&sms.or_link)?);
    let both = format!("{{% if magic_link.url %}}{or_link}{{% else %}}{works}{{% endif %}}");
    let text = format!("{{% if otp.code %}}{code} {both}{{% else %}}{link}{{% endif %}}");
    Ok(Rendered {
        subject: String::new(),
        text,
        html: String::new(),
    })
}

//! The text from which an app's own template starts: the built-in words, with the template's variables in them.

use minijinja::Value;

use super::rendering::Marks;
use super::{Kind, Language, Letter, Rendered};
use crate::error::Result;
use crate::messages::Channel;

/// The variables' names in place of values.
const NAMES: [(&str, &str); 6] = [
    ("app", "{{ app.name }}"),
    ("link_time", "{{ magic_link.lifetime }}"),
    ("code_time", "{{ otp.lifetime }}"),
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
    /// The built-in mail as a template. Filled in for a letter, it says what the letter says.
    pub fn starting(_channel: Channel, kind: Kind, language: Language) -> Result<Self> {
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
}

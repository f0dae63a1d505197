//! From a letter to a text message: the code first, since that is what phones show and offer to copy.
//!
//! A code ends with a line that binds it to the page's host, `@host #code`: browsers offer it to that page and to no other
//! (WICG, "Origin-bound one-time codes delivered via SMS", <https://wicg.github.io/sms-one-time-codes/>). One part of a
//! message has room for 160 letters of the GSM alphabet, or for 70 of all others, so that these words are few and, where
//! the language has them, of that alphabet.

use minijinja::Value;

use super::rendering::{asks_for_proof, one_line};
use super::words::{Phrase, Words};
use super::{Letter, Rendered};
use crate::error::Result;

/// Longest app name in a text message, characters.
const NAME_MAX: usize = 30;

impl Letter {
    pub(super) fn text_message(&self) -> Result<Rendered> {
        let words = Words::of(self.language);
        let sms = &words.sms;
        let values = self.text_message_values(words)?;
        let fill = |phrase: &Phrase| phrase.fill(&values);
        let text = if !asks_for_proof(self.kind) {
            fill(sms.notice(self.kind))?
        } else if let Some(code) = &self.code {
            let mut text = fill(sms.code(self.kind))?;
            if self.link.is_some() {
                text = format!("{text} {}", fill(&sms.or_link)?);
            } else if self.code_minutes.is_some() {
                text = format!("{text} {}", fill(&sms.code_works)?);
            }
            if let Some(host) = &self.host {
                text = format!("{text}\n@{host} #{code}");
            }
            text
        } else {
            fill(sms.link(self.kind))?
        };
        Ok(Rendered {
            subject: String::new(),
            text,
            html: String::new(),
        })
    }

    fn text_message_values(&self, words: &Words) -> Result<Value> {
        let mut values = vec![("app", one_line(&self.app_name, NAME_MAX))];
        if let Some(minutes) = self.code_minutes {
            values.push(("code_time", words.time(self.language, minutes)?));
        }
        let given = [
            ("code", &self.code),
            ("link", &self.link),
            ("invited_to", &self.detail),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                values.push((name, value.clone()));
            }
        }
        Ok(Value::from_pairs(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::sms::gsm;
    use crate::messages::{Kind, Language};

    const CODE: &str = "482913";

    fn letter(kind: Kind, language: Language) -> Letter {
        let parameter = match kind {
            Kind::SignIn | Kind::SignUp => {
                "?psg_magic_link=Zk3vQ8hXw2nT5yBdR7sLmF0pJcU9aGeKo1iHxVtN4qE"
            }
            Kind::VerifyAddress | Kind::ChangeAddress => {
                "?psg_verify_link=Zk3vQ8hXw2nT5yBdR7sLmF0pJcU9aGeKo1iHxVtN4qE"
            }
            _ => "",
        };
        Letter {
            link: Some(format!("https://acme.example/login{parameter}")),
            link_minutes: Some(15),
            code: Some(CODE.to_owned()),
            code_minutes: Some(10),
            detail: Some("Blue key".to_owned()),
            device: Some("Chrome on Windows".to_owned()),
            host: Some("acme.example".to_owned()),
            ..Letter::about(kind, language, "+15550100", "Acme")
        }
    }

    /// What is sent: all of it, only the code, only the link.
    fn forms(kind: Kind, language: Language) -> [Letter; 3] {
        let full = letter(kind, language);
        let code_only = Letter {
            link: None,
            link_minutes: None,
            ..full.clone()
        };
        let link_only = Letter {
            code: None,
            code_minutes: None,
            ..full.clone()
        };
        if asks_for_proof(kind) {
            [full, code_only, link_only]
        } else {
            [full.clone(), full.clone(), full]
        }
    }

    #[test]
    fn english_fits_one_part_of_the_gsm_alphabet() {
        for kind in Kind::ALL {
            for letter in forms(kind, Language::En) {
                let text = letter.render().unwrap().text;
                let length = gsm::length(&text);
                assert!(
                    length.is_some_and(|length| length <= 160),
                    "{length:?}: {text}"
                );
            }
        }
    }

    #[test]
    fn codes_fit_one_part_wherever_the_alphabet_has_the_letters() {
        for language in Language::ALL {
            for kind in Kind::ALL.into_iter().filter(|kind| asks_for_proof(*kind)) {
                let [_, code_only, _] = forms(kind, language);
                let text = code_only.render().unwrap().text;
                let fits = match language {
                    Language::Zh => text.encode_utf16().count() <= 70,
                    _ => gsm::length(&text).is_some_and(|length| length <= 160),
                };
                assert!(fits, "{language:?}, {:?}: {text}", gsm::length(&text));
            }
        }
    }

    #[test]
    fn the_code_comes_first_and_last_bound_to_its_page() {
        for language in Language::ALL {
            for kind in Kind::ALL {
                let [full, code_only, link_only] = forms(kind, language);
                let rendered = full.render().unwrap();
                assert_eq!(
                    (rendered.subject.as_str(), rendered.html.as_str()),
                    ("", "")
                );
                let text = rendered.text;
                assert!(text.contains("Acme") && !text.contains("{{"), "{text}");
                if !asks_for_proof(kind) {
                    assert!(!text.contains(CODE) && text.lines().count() == 1, "{text}");
                    continue;
                }
                let link = full.link.unwrap();
                assert!(text.starts_with(CODE) && text.contains(&link), "{text}");
                assert_eq!(text.lines().last(), Some("@acme.example #482913"));
                let text = code_only.render().unwrap().text;
                assert!(text.starts_with(CODE) && !text.contains("https:"), "{text}");
                assert_eq!(text.lines().last(), Some("@acme.example #482913"));
                assert!(text.contains("10"), "{text}");
                let text = link_only.render().unwrap().text;
                assert!(text.ends_with(&link) && !text.contains(CODE), "{text}");
            }
        }
    }

    #[test]
    fn a_letter_without_its_secrets_is_an_error() {
        let bare = Letter::about(Kind::SignIn, Language::En, "+15550100", "Acme");
        assert!(bare.render().is_err());
    }

    #[test]
    fn the_name_of_an_app_cannot_fill_the_message() {
        let mut long = letter(Kind::SignIn, Language::En);
        long.app_name = format!("A\n@evil.example #111111 {}", "b".repeat(500));
        let text = long.render().unwrap().text;
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.contains(&"b".repeat(5)) && !text.contains(&"b".repeat(20)),
            "{text}"
        );
    }
}

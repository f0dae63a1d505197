//! Single values of settings as a person typed them, checked.

use crate::domain::apps::{AllowedIdentifier, AppType, RequiredIdentifier};
use crate::domain::countries;
use crate::domain::tokens::RESERVED;
use crate::error::{Error, Result};
use crate::messages::Language;

/// Longest name, characters.
const NAME_MAX: usize = 80;

/// Longest path and longest name of a metadata field, characters.
const TEXT_MAX: usize = 200;

/// A day, seconds.
const DAY: u32 = 24 * 60 * 60;

/// Longest life of a session, seconds: browsers keep cookies no longer, and people expect to sign in once a year.
const SESSION_MAX: u32 = 400 * DAY;

/// What people know the app by.
pub fn name(text: &str) -> Result<String> {
    label(
        text,
        "The name is empty. Write what people know your product by; browsers show it when a passkey is made.",
    )
}

/// A short text that people see; `empty` is said if there is none.
pub fn label(text: &str, empty: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty() {
        return Err(Error::invalid(empty));
    }
    if name.chars().any(is_deceptive) {
        return Err(Error::invalid(
            "The name holds invisible characters that turn or hide text. Type it anew.",
        ));
    }
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "The name must have at most {NAME_MAX} characters and no line breaks."
        )));
    }
    Ok(name.to_owned())
}

/// Characters that change the direction of text around them, or are no text at all (Unicode Technical Report 36, 2.5).
/// Joiners are not among them: Persian and emoji need those.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Lifetime of a link or code in seconds: a minute to a day.
pub fn message_lifetime(what: &str, seconds: u32) -> Result<u32> {
    if (60..=DAY).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Error::invalid(format!(
            "The {what}'s lifetime must be between 60 and 86400 seconds (a day); mail may take a minute to arrive."
        )))
    }
}

/// Lifetime of an auth token in seconds: ten seconds to a day.
pub fn auth_token_lifetime(seconds: u32) -> Result<u32> {
    if (10..=DAY).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Error::invalid(
            "The auth token's lifetime must be between 10 and 86400 seconds (a day).",
        ))
    }
}

/// Seconds after which a session ends: a minute to 400 days.
pub fn session_lifetime(seconds: u32) -> Result<u32> {
    if (60..=SESSION_MAX).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Error::invalid(
            "A session must last between a minute and 400 days.",
        ))
    }
}

/// Seconds since the sign-in within which passkeys may be changed: up to a day, 0 for no rule.
pub fn recent_sign_in(seconds: u32) -> Result<u32> {
    if seconds <= DAY {
        Ok(seconds)
    } else {
        Err(Error::invalid(
            "The time since the sign-in must be at most a day (86400 seconds); 0 switches the rule off.",
        ))
    }
}

/// Days between two signing keys. The next key is published two days ahead, so that they cannot follow faster.
pub fn rotation_days(days: u32) -> Result<u32> {
    if days == 0 || (3..=3650).contains(&days) {
        Ok(days)
    } else {
        Err(Error::invalid(
            "Signing keys can be changed every 3 to 3650 days; 0 switches the schedule off.",
        ))
    }
}

/// A path of the app's own pages, without query: links in mails may lead there.
pub fn login_path(text: &str) -> Result<String> {
    let text = text.trim();
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let is_climbing = text.split('/').any(|part| part == ".." || part == ".");
    if !is_path
        || is_climbing
        || text.contains(['?', '#', '\\'])
        || text.chars().any(char::is_control)
        || text.chars().count() > TEXT_MAX
    {
        let shown: String = text.chars().take(TEXT_MAX).collect();
        return Err(Error::invalid(format!(
            "The login path `{}` must be a path alone, such as `/login`.",
            shown.escape_default()
        )));
    }
    Ok(text.to_owned())
}

/// What an app leaves to this server.
pub fn app_type(word: &str) -> Result<AppType> {
    let known = AppType::ALL
        .into_iter()
        .find(|known| known.as_str() == word);
    known.ok_or_else(|| Error::invalid("The type must be complete or flex."))
}

/// Which identifiers name users.
pub fn allowed_identifier(word: &str) -> Result<AllowedIdentifier> {
    let all = AllowedIdentifier::ALL;
    let known = all.into_iter().find(|known| known.as_str() == word);
    known.ok_or_else(|| Error::invalid("The identifiers must be one of email, phone, both."))
}

/// Which of them an account must have.
pub fn required_identifier(word: &str) -> Result<RequiredIdentifier> {
    let all = RequiredIdentifier::ALL;
    let known = all.into_iter().find(|known| known.as_str() == word);
    known.ok_or_else(|| {
        Error::invalid("The required identifier must be one of either, email, phone, both.")
    })
}

/// A country of ISO 3166-1, by its two letters in either case.
pub fn country(code: &str) -> Result<String> {
    let code = code.trim().to_ascii_uppercase();
    match countries::name(&code) {
        Some(_) => Ok(code),
        None => Err(Error::invalid(
            "The country must be one of ISO 3166-1 by its two letters, such as US or DE.",
        )),
    }
}

/// One of the languages of messages.
pub fn language(tag: &str) -> Result<String> {
    let known = Language::of_tag(tag).filter(|language| language.as_str() == tag);
    known
        .map(|language| language.as_str().to_owned())
        .ok_or_else(|| Error::invalid("The language must be one of de, en, es, it, pl, pt, zh."))
}

/// The name of a field of the users' metadata that goes into auth tokens.
pub fn metadata_field(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "The name of a metadata field must have 1 to {TEXT_MAX} characters and no line breaks."
        )));
    }
    if RESERVED.contains(&text) {
        return Err(Error::invalid(format!(
            "Auth tokens hold a claim `{text}` of their own. Rename the metadata field."
        )));
    }
    Ok(text.to_owned())
}

/// The WebAuthn RP ID: a domain name, in lower case. That the app's origins are within it is checked with them.
pub fn rp_id(text: &str) -> Result<String> {
    let id = text.trim().to_ascii_lowercase();
    let is_domain = id.contains('.')
        && !id.starts_with('.')
        && !id.ends_with('.')
        && url::Host::parse(&id)
            .is_ok_and(|host| matches!(host, url::Host::Domain(domain) if domain == id));
    if is_domain || id == "localhost" {
        return Ok(id);
    }
    let shown: String = id.chars().take(TEXT_MAX).collect();
    Err(Error::invalid(format!(
        "`{}` cannot be an RP ID. Write the domain that your pages share, such as `example.com`: no scheme, no port.",
        shown.escape_default()
    )))
}

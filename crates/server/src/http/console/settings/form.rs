//! The forms of the settings page: which settings stand in which section, how each is typed, and what was typed.
//!
//! What a setting is called, and whether its value may be, is the domain's ([`NAMED`](crate::domain::apps::NAMED)).

use std::collections::HashMap;

use super::times;
use crate::domain::apps::{AppRecord, Changes, ListChange, Named, Problem};
use crate::domain::keys::Algorithm;
use crate::error::{Error, Result};

/// How a setting is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// One line.
    Text,
    /// One value a line.
    Lines,
    /// On or off.
    Switch,
    /// One of some: values with their names.
    Choice(&'static [(&'static str, &'static str)]),
    /// A number and a unit.
    Time,
    /// A whole number.
    Number,
}

/// A setting in a section.
pub struct Field {
    /// Its name, as in [`Named`].
    pub name: &'static str,
    /// How it is typed.
    pub control: Control,
    /// What it means, below the input.
    pub hint: &'static str,
    /// What it costs, beside the hint.
    pub warning: &'static str,
    /// What could stand there.
    pub example: &'static str,
}

const fn field(name: &'static str, control: Control, hint: &'static str) -> Field {
    Field {
        name,
        control,
        hint,
        warning: "",
        example: "",
    }
}

const fn risky(
    name: &'static str,
    control: Control,
    hint: &'static str,
    warning: &'static str,
) -> Field {
    Field {
        warning,
        ..field(name, control, hint)
    }
}

const fn shown_by(
    name: &'static str,
    control: Control,
    hint: &'static str,
    example: &'static str,
) -> Field {
    Field {
        example,
        ..field(name, control, hint)
    }
}

/// Settings that are saved together.
pub struct Section {
    /// Its name in addresses.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its settings.
    pub fields: &'static [Field],
}

const LANGUAGES: &[(&str, &str)] = &[
    ("de", "Deutsch"),
    ("en", "English"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("zh", "中文"),
];

const IDENTIFIERS: &[(&str, &str)] = &[
    ("email", "E-mail addresses"),
    ("phone", "Phone numbers"),
    ("both", "Either"),
];

const ALGORITHMS: &[(&str, &str)] = &[
    ("RS256", "RS256: what every package understands"),
    ("ES256", "ES256: short tokens, quickly made"),
    ("EdDSA", "EdDSA: the same, with Ed25519"),
];

/// All sections, as they stand on the page.
pub const SECTIONS: &[Section] = &[
    Section {
        id: "general",
        title: "General",
        about: "",
        fields: &[
            field(
                "name",
                Control::Text,
                "What people know your product by. Browsers show it when a passkey is made.",
            ),
            field(
                "default_language",
                Control::Choice(LANGUAGES),
                "Of mails, where the page that caused them names none.",
            ),
        ],
    },
    Section {
        id: "addresses",
        title: "Addresses",
        about: "Where your pages run, and where people go.",
        fields: &[
            shown_by(
                "auth_origin",
                Control::Text,
                "Scheme, host and port of your pages. It is also the audience of auth tokens. It can move within the RP ID below.",
                "https://app.example.com",
            ),
            shown_by(
                "origins",
                Control::Lines,
                "Further origins on which your pages run, one a line, all within the RP ID.",
                "https://admin.example.com",
            ),
            shown_by(
                "redirect_url",
                Control::Text,
                "Where people go after signing in.",
                "/dashboard",
            ),
            shown_by(
                "login_url",
                Control::Text,
                "The page with the login element. Links in mails lead there.",
                "/login",
            ),
            shown_by(
                "login_paths",
                Control::Lines,
                "Paths of further pages with the element, one a line. A page may ask that its links lead to one of them.",
                "/join",
            ),
            shown_by(
                "top_origins",
                Control::Lines,
                "Sites that may embed your pages in a frame and still use passkeys, one a line. Usually there are none.",
                "https://partner.example",
            ),
            shown_by(
                "native_origins",
                Control::Lines,
                "SHA-256 fingerprint of the signing certificate of each Android app, one a line.",
                "AB:CD:…",
            ),
        ],
    },
    Section {
        id: "sign-in",
        title: "Sign-in methods",
        about: "Passkeys are always on. A link with a code is the way in on a device without a passkey.",
        fields: &[
            field(
                "magic_links",
                Control::Switch,
                "Mails a link and a six-digit code. Without them, whoever loses their passkeys is locked out.",
            ),
            field("magic_link_lifetime", Control::Time, "A minute to a day."),
            field("code_lifetime", Control::Time, "A minute to a day."),
        ],
    },
    Section {
        id: "sign-up",
        title: "Sign-up",
        about: "",
        fields: &[
            field(
                "public_signup",
                Control::Switch,
                "Anybody may register. Otherwise only users that your back end has made may sign in.",
            ),
            risky(
                "allowed_identifier",
                Control::Choice(IDENTIFIERS),
                "What a new user may be named by. Nobody who has an account is turned away.",
                "The login element takes addresses only for now: phone numbers sign up by passkey through the API.",
            ),
            risky(
                "hide_user_existence",
                Control::Switch,
                "Nobody can ask whether an address has an account; the mail says it to its owner alone.",
                "Old Passage elements stop working: they ask first.",
            ),
        ],
    },
    Section {
        id: "sessions",
        title: "Sessions and tokens",
        about: "Back ends check auth tokens by themselves; a refresh token buys the next one while the session lasts.",
        fields: &[
            field(
                "auth_token_lifetime",
                Control::Time,
                "10 seconds to a day. A back end that asks nobody believes a token until then, even if the session was ended.",
            ),
            field(
                "refresh",
                Control::Switch,
                "Browsers renew their auth token by themselves. Otherwise people sign in again when it expires.",
            ),
            field(
                "refresh_absolute_lifetime",
                Control::Time,
                "Then people sign in again, however often they came. Holds for sessions opened from now on.",
            ),
            field(
                "refresh_inactivity_lifetime",
                Control::Time,
                "A minute up to the time above.",
            ),
            shown_by(
                "token_metadata",
                Control::Lines,
                "Fields of the users' metadata that auth tokens carry as claims, one a line. Everybody who sees a token can read them.",
                "plan",
            ),
            risky(
                "algorithm",
                Control::Choice(ALGORITHMS),
                "Another algorithm takes over 48 hours after it was chosen, when every back end has fetched its key; tokens signed before stay good until they expire.",
                "Passage's packages take RS256 only.",
            ),
        ],
    },
    Section {
        id: "safety",
        title: "Safety",
        about: "",
        fields: &[
            risky(
                "recent_sign_in",
                Control::Time,
                "Adding and removing passkeys and changing the address need a sign-in this fresh; our elements ask for it. 0 switches the rule off.",
                "The old Passage profile element works only when it is off; then a stolen token is enough to add a passkey.",
            ),
            field(
                "refuse_stale_counter",
                Control::Switch,
                "Turns a sign-in away whose signature counter did not grow: the security key may have been copied. It is in the activity in any case.",
            ),
            risky(
                "plain_links",
                Control::Switch,
                "The tab that asked is signed in as soon as anybody opens the link anywhere. Old Passage packages expect it.",
                "Whoever asks for a link in another's name needs only their click to get in.",
            ),
        ],
    },
    Section {
        id: "keys",
        title: "Signing keys",
        about: "What signs auth tokens. The next key is published two days before it signs, so that back ends know it in time.",
        fields: &[field(
            "key_rotation_days",
            Control::Number,
            "3 to 3650 days; 0 switches the schedule off.",
        )],
    },
];

impl Section {
    /// The section with a name.
    pub fn find(id: &str) -> Option<&'static Section> {
        SECTIONS.iter().find(|section| section.id == id)
    }

    /// Its settings that an app has to change.
    pub fn fields(
        &self,
        is_console: bool,
    ) -> impl Iterator<Item = (&'static Field, &'static Named)> {
        let fields = self.fields.iter().filter_map(|field| {
            let named = Named::find(field.name)?;
            Some((field, named))
        });
        fields.filter(move |(_, named)| !is_console || named.is_for_console)
    }

    /// What was typed into the section's form, as changes; what cannot be read is a problem.
    pub fn changes(&self, typed: &Typed, is_console: bool) -> Result<Changes, Vec<Problem>> {
        let mut changes = Changes::default();
        let mut problems = Vec::new();
        for (field, _) in self.fields(is_console) {
            if let Err(error) = change(&mut changes, field, typed) {
                problems.push(Problem {
                    setting: field.name,
                    error,
                });
            }
        }
        if problems.is_empty() {
            Ok(changes)
        } else {
            Err(problems)
        }
    }
}

/// What somebody typed into a form.
pub type Typed = HashMap<String, String>;

/// What would be typed for an app as it is.
pub fn typed_of(record: &AppRecord, field: &Field) -> Typed {
    let name = field.name.to_owned();
    let text = value(record, field.name);
    if field.control != Control::Time {
        return Typed::from([(name, text)]);
    }
    let (count, unit) = times::split(text.parse().unwrap_or_default());
    Typed::from([
        (times::unit_name(&name), unit.to_owned()),
        (name, count.to_string()),
    ])
}

fn value(record: &AppRecord, name: &str) -> String {
    let settings = &record.settings;
    let switch = |is_on: bool| if is_on { "on" } else { "" }.to_owned();
    let lines = |values: &[String]| values.join("\n");
    match name {
        "name" => record.name.clone(),
        "default_language" => settings.default_language.clone(),
        "auth_origin" => record.auth_origin.to_string(),
        "origins" => {
            let origins = settings.additional_auth_origins.iter();
            lines(&origins.map(ToString::to_string).collect::<Vec<_>>())
        }
        "redirect_url" => settings.redirect_url.clone(),
        "login_url" => settings.login_url.clone(),
        "login_paths" => lines(&settings.login_paths),
        "top_origins" => lines(&settings.top_origins),
        "native_origins" => lines(&settings.native_origins),
        "magic_links" => switch(settings.magic_links),
        "magic_link_lifetime" => settings.magic_link_lifetime_seconds.to_string(),
        "code_lifetime" => settings.code_lifetime_seconds.to_string(),
        "public_signup" => switch(settings.public_signup),
        "allowed_identifier" => settings.allowed_identifier.as_str().to_owned(),
        "hide_user_existence" => switch(settings.hide_user_existence),
        "auth_token_lifetime" => settings.auth_token_lifetime_seconds.to_string(),
        "refresh" => switch(settings.refresh_enabled),
        "refresh_absolute_lifetime" => settings.refresh_absolute_lifetime_seconds.to_string(),
        "refresh_inactivity_lifetime" => settings.refresh_inactivity_lifetime_seconds.to_string(),
        "token_metadata" => lines(&settings.token_metadata),
        "algorithm" => settings.algorithm.as_str().to_owned(),
        "key_rotation_days" => settings.key_rotation_days.to_string(),
        "recent_sign_in" => settings.recent_sign_in_seconds.to_string(),
        "refuse_stale_counter" => switch(settings.refuse_stale_counter),
        "plain_links" => switch(settings.plain_links),
        _ => String::new(),
    }
}

fn change(changes: &mut Changes, field: &Field, typed: &Typed) -> Result<()> {
    let text = || Some(typed.get(field.name).cloned().unwrap_or_default());
    let switch = || Some(typed.get(field.name).is_some_and(|value| value == "on"));
    let list = || ListChange {
        replace: text().map(|text| lines(&text)),
        ..ListChange::default()
    };
    let time = || times::read(typed, field.name).map(Some);
    match field.name {
        "name" => changes.name = text(),
        "default_language" => changes.default_language = text(),
        "auth_origin" => changes.auth_origin = text(),
        "origins" => changes.origins = list(),
        "redirect_url" => changes.redirect_url = text(),
        "login_url" => changes.login_url = text(),
        "login_paths" => changes.login_paths = list(),
        "top_origins" => changes.top_origins = list(),
        "native_origins" => changes.native_origins = list(),
        "magic_links" => changes.magic_links = switch(),
        "magic_link_lifetime" => changes.magic_link_lifetime = time()?,
        "code_lifetime" => changes.code_lifetime = time()?,
        "public_signup" => changes.public_signup = switch(),
        "allowed_identifier" => changes.allowed_identifier = text(),
        "hide_user_existence" => changes.hide_user_existence = switch(),
        "auth_token_lifetime" => changes.auth_token_lifetime = time()?,
        "refresh" => changes.refresh = switch(),
        "refresh_absolute_lifetime" => changes.refresh_absolute_lifetime = time()?,
        "refresh_inactivity_lifetime" => changes.refresh_inactivity_lifetime = time()?,
        "token_metadata" => changes.token_metadata = list(),
        "algorithm" => changes.algorithm = Some(algorithm(&text().unwrap_or_default())?),
        "key_rotation_days" => changes.key_rotation_days = Some(times::number(typed, field.name)?),
        "recent_sign_in" => changes.recent_sign_in = time()?,
        "refuse_stale_counter" => changes.refuse_stale_counter = switch(),
        "plain_links" => changes.plain_links = switch(),
        name => {
            return Err(Error::internal(anyhow::anyhow!(
                "the setting {name} has no way into changes"
            )));
        }
    }
    Ok(())
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

fn algorithm(text: &str) -> Result<Algorithm> {
    let known = Algorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.as_str() == text);
    known.ok_or_else(|| Error::invalid("Choose RS256, ES256 or EdDSA."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::apps::NAMED;

    #[test]
    fn every_setting_stands_in_one_section() {
        let mut fields: Vec<_> = SECTIONS
            .iter()
            .flat_map(|section| section.fields(false))
            .map(|(field, _)| field.name)
            .collect();
        fields.sort_unstable();
        // The RP ID has a form of its own.
        let mut named: Vec<_> = NAMED
            .iter()
            .map(|named| named.name)
            .filter(|name| *name != "rp_id")
            .collect();
        named.sort_unstable();
        assert_eq!(fields, named);
    }
}

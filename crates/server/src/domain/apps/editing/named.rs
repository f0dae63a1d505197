//! What each setting is called, and how its value reads: for the audit log, and for the labels of forms.

use super::fields;
use crate::domain::apps::AppRecord;

/// Longest value in a difference, characters.
const VALUE_MAX: usize = 300;

/// A setting of an app.
pub struct Named {
    /// Its name in forms and events.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// Whether the Console's own app has it to change; the rest follows the server's settings.
    pub is_for_console: bool,
    said: Said,
}

/// How a setting reads in the audit log.
enum Said {
    /// Its value.
    Value(fn(&AppRecord) -> String),
    /// What changed of it, where its value is long.
    Change(fn(&AppRecord, &AppRecord) -> Option<String>),
}

const fn named(name: &'static str, label: &'static str, said: fn(&AppRecord) -> String) -> Named {
    Named {
        name,
        label,
        is_for_console: false,
        said: Said::Value(said),
    }
}

const fn also_for_console(
    name: &'static str,
    label: &'static str,
    said: fn(&AppRecord) -> String,
) -> Named {
    Named {
        is_for_console: true,
        ..named(name, label, said)
    }
}

/// Every setting that can be changed.
pub const NAMED: &[Named] = &[
    named("name", "Name", |app| app.name.clone()),
    named("type", "Type", |app| {
        app.settings.app_type.as_str().to_owned()
    }),
    named("default_language", "Default language", |app| {
        app.settings.default_language.clone()
    }),
    named("auth_origin", "Authentication origin", |app| {
        app.auth_origin.to_string()
    }),
    named("origins", "Additional origins", |app| {
        let origins = &app.settings.additional_auth_origins;
        listed(origins.iter().map(|origin| origin.as_str()))
    }),
    named("redirect_url", "Redirect URL", |app| {
        app.settings.redirect_url.clone()
    }),
    named("login_url", "Login URL", |app| {
        app.settings.login_url.clone()
    }),
    named("login_paths", "Further login paths", |app| {
        list(&app.settings.login_paths)
    }),
    named("top_origins", "Embedding origins", |app| {
        list(&app.settings.top_origins)
    }),
    named("android_apps", "Android apps", |app| {
        list(&app.settings.android_apps)
    }),
    named("ios_apps", "iOS apps", |app| list(&app.settings.ios_apps)),
    named("native_origins", "Android certificates", |app| {
        list(&app.settings.native_origins)
    }),
    named("rp_id", "RP ID", |app| app.rp_id.clone()),
    named("magic_links", "Magic links", |app| {
        on(app.settings.magic_links)
    }),
    also_for_console("magic_link_lifetime", "Lifetime of a magic link", |app| {
        time(app.settings.magic_link_lifetime_seconds)
    }),
    named("one_time_codes", "One-time codes", |app| {
        on(app.settings.one_time_codes)
    }),
    also_for_console("code_lifetime", "Lifetime of a code", |app| {
        time(app.settings.code_lifetime_seconds)
    }),
    named("public_signup", "Public sign-up", |app| {
        on(app.settings.public_signup)
    }),
    named("allowed_identifier", "Identifiers", |app| {
        app.settings.allowed_identifier.as_str().to_owned()
    }),
    named("required_identifier", "Required identifier", |app| {
        app.settings.required_identifier.as_str().to_owned()
    }),
    named("default_country", "Country of phone numbers", |app| {
        app.settings.default_country.clone()
    }),
    named(
        "identifier_verification",
        "Verification before passkeys",
        |app| on(app.settings.identifier_verification),
    ),
    named("profile_management", "Profile management", |app| {
        on(app.settings.profile_management)
    }),
    Named {
        name: "metadata_schema",
        label: "User fields",
        is_for_console: false,
        said: Said::Change(|before, after| {
            fields::difference(
                &before.settings.metadata_schema,
                &after.settings.metadata_schema,
            )
        }),
    },
    named("hide_user_existence", "Hide who has an account", |app| {
        on(app.settings.hide_user_existence)
    }),
    also_for_console("auth_token_lifetime", "Lifetime of an auth token", |app| {
        time(app.settings.auth_token_lifetime_seconds)
    }),
    named("refresh", "Refresh tokens", |app| {
        on(app.settings.refresh_enabled)
    }),
    also_for_console("refresh_absolute_lifetime", "A session lasts", |app| {
        time(app.settings.refresh_absolute_lifetime_seconds)
    }),
    also_for_console(
        "refresh_inactivity_lifetime",
        "Without use it ends after",
        |app| time(app.settings.refresh_inactivity_lifetime_seconds),
    ),
    named("token_metadata", "Metadata in auth tokens", |app| {
        list(&app.settings.token_metadata)
    }),
    named("algorithm", "Signature", |app| {
        app.settings.algorithm.as_str().to_owned()
    }),
    named(
        "key_rotation_days",
        "Days between signing keys",
        |app| match app.settings.key_rotation_days {
            0 => "no schedule".to_owned(),
            days => days.to_string(),
        },
    ),
    also_for_console("recent_sign_in", "Recent sign-in", |app| {
        match app.settings.recent_sign_in_seconds {
            0 => "not needed".to_owned(),
            seconds => time(seconds),
        }
    }),
    named("refuse_stale_counter", "Refuse copied passkeys", |app| {
        on(app.settings.refuse_stale_counter)
    }),
    named("plain_links", "Plain links", |app| {
        on(app.settings.plain_links)
    }),
];

impl Named {
    /// The setting with a name.
    pub fn find(name: &str) -> Option<&'static Named> {
        NAMED.iter().find(|named| named.name == name)
    }

    /// What changed of it between two states of an app: `Redirect URL: /a → /b`.
    pub fn difference(&self, before: &AppRecord, after: &AppRecord) -> Option<String> {
        let told = match self.said {
            Said::Value(said) => {
                let (old, new) = (said(before), said(after));
                (old != new).then(|| format!("{} → {}", short(&old), short(&new)))?
            }
            Said::Change(said) => short(&said(before, after)?),
        };
        Some(format!("{}: {told}", self.label))
    }
}

/// A length of time in words, in the largest unit that leaves no rest.
pub fn time(seconds: u32) -> String {
    let (count, unit) = match seconds {
        _ if seconds > 0 && seconds.is_multiple_of(86_400) => (seconds / 86_400, "day"),
        _ if seconds > 0 && seconds.is_multiple_of(3600) => (seconds / 3600, "hour"),
        _ if seconds > 0 && seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

fn on(is_on: bool) -> String {
    if is_on { "on" } else { "off" }.to_owned()
}

fn list(values: &[String]) -> String {
    listed(values.iter().map(String::as_str))
}

fn listed<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let text = values.collect::<Vec<_>>().join(", ");
    if text.is_empty() {
        "none".to_owned()
    } else {
        text
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= VALUE_MAX {
        return text.to_owned();
    }
    text.chars().take(VALUE_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_the_largest_whole_unit() {
        let said = [0, 1, 90, 60, 3600, 7200, 86_400, 30 * 86_400].map(time);
        assert_eq!(
            said,
            [
                "0 seconds",
                "1 second",
                "90 seconds",
                "1 minute",
                "1 hour",
                "2 hours",
                "1 day",
                "30 days"
            ]
        );
    }

    #[test]
    fn names_are_unique() {
        for (index, named) in NAMED.iter().enumerate() {
            assert!(
                NAMED[..index]
                    .iter()
                    .all(|other| other.name != named.name && other.label != named.label)
            );
        }
    }
}

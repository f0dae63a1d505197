//! The forms of the settings page: how each setting is typed, and what was typed.
//!
//! What a setting is called, and whether its value may be, is the domain's ([`NAMED`](crate::domain::apps::NAMED)).

use std::collections::HashMap;

use super::sections::SECTIONS;
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
        "type" => settings.app_type.as_str().to_owned(),
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
        "android_apps" => lines(&settings.android_apps),
        "ios_apps" => lines(&settings.ios_apps),
        "native_origins" => lines(&settings.native_origins),
        "magic_links" => switch(settings.magic_links),
        "magic_link_lifetime" => settings.magic_link_lifetime_seconds.to_string(),
        "one_time_codes" => switch(settings.one_time_codes),
        "code_lifetime" => settings.code_lifetime_seconds.to_string(),
        "public_signup" => switch(settings.public_signup),
        "allowed_identifier" => settings.allowed_identifier.as_str().to_owned(),
        "required_identifier" => settings.required_identifier.as_str().to_owned(),
        "default_country" => settings.default_country.clone(),
        "identifier_verification" => switch(settings.identifier_verification),
        "profile_management" => switch(settings.profile_management),
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
        // A page that was loaded before there were types says none.
        "type" => changes.app_type = typed.get(field.name).cloned(),
        "default_language" => changes.default_language = text(),
        "auth_origin" => changes.auth_origin = text(),
        "origins" => changes.origins = list(),
        "redirect_url" => changes.redirect_url = text(),
        "login_url" => changes.login_url = text(),
        "login_paths" => changes.login_paths = list(),
        "top_origins" => changes.top_origins = list(),
        "android_apps" => changes.android_apps = list(),
        "ios_apps" => changes.ios_apps = list(),
        "native_origins" => changes.native_origins = list(),
        "magic_links" => changes.magic_links = switch(),
        "magic_link_lifetime" => changes.magic_link_lifetime = time()?,
        "one_time_codes" => changes.one_time_codes = switch(),
        "code_lifetime" => changes.code_lifetime = time()?,
        "public_signup" => changes.public_signup = switch(),
        "allowed_identifier" => changes.allowed_identifier = text(),
        "required_identifier" => changes.required_identifier = text(),
        "default_country" => changes.default_country = text(),
        "identifier_verification" => changes.identifier_verification = switch(),
        "profile_management" => changes.profile_management = switch(),
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
        // The RP ID has a form of its own, and user fields a page.
        let mut named: Vec<_> = NAMED
            .iter()
            .map(|named| named.name)
            .filter(|name| !["rp_id", "metadata_schema"].contains(name))
            .collect();
        named.sort_unstable();
        assert_eq!(fields, named);
    }
}

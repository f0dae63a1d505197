//! What is to change of an app, and whether it may: every value is checked before any is stored.

#[cfg(test)]
mod tests;

use super::fields::FieldChange;
use super::lists::ListChange;
use super::{native, values};
use crate::domain::apps::{AllowedIdentifier, AppRecord, RequiredIdentifier, Settings};
use crate::domain::keys::Algorithm;
use crate::domain::origins::{AuthOrigin, RedirectUrl};
use crate::error::{Error, Result};

/// What is to change of an app, as a person typed it; `None` leaves things as they are.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What people see.
    pub name: Option<String>,
    /// What the app leaves to this server: `complete` or `flex`.
    pub app_type: Option<String>,
    /// Where the app's pages run.
    pub auth_origin: Option<String>,
    /// Further origins on which they run.
    pub origins: ListChange,
    /// Android apps, by package and fingerprint.
    pub android_apps: ListChange,
    /// iOS apps, by team and bundle.
    pub ios_apps: ListChange,
    /// Android apps by fingerprint alone.
    pub native_origins: ListChange,
    /// Origins that may embed the app's pages.
    pub top_origins: ListChange,
    /// The domain that passkeys belong to. Whoever asks for it was told that passkeys become useless.
    pub rp_id: Option<String>,
    /// Where people go after sign-in.
    pub redirect_url: Option<String>,
    /// Path of the page that carries the element.
    pub login_url: Option<String>,
    /// Further paths whose pages carry it.
    pub login_paths: ListChange,
    /// Whether people may sign themselves up.
    pub public_signup: Option<bool>,
    /// Whether nobody may learn who has an account.
    pub hide_user_existence: Option<bool>,
    /// Whether people may sign in by magic link.
    pub magic_links: Option<bool>,
    /// Seconds that a magic link works.
    pub magic_link_lifetime: Option<u32>,
    /// Whether people may sign in by one-time code.
    pub one_time_codes: Option<bool>,
    /// Seconds that a code works.
    pub code_lifetime: Option<u32>,
    /// Whether a waiting tab without a browser key is signed in, too.
    pub plain_links: Option<bool>,
    /// Language of messages when nothing else says one.
    pub default_language: Option<String>,
    /// Which identifiers name users: `email`, `phone` or `both`.
    pub allowed_identifier: Option<String>,
    /// Which of them an account must have: `either`, `email`, `phone` or `both`.
    pub required_identifier: Option<String>,
    /// Country of phone numbers that are written without one.
    pub default_country: Option<String>,
    /// Whether an identifier must be proven before its account has passkeys.
    pub identifier_verification: Option<bool>,
    /// Whether users may change what is stored of them.
    pub profile_management: Option<bool>,
    /// The app's own fields of a user.
    pub fields: Option<FieldChange>,
    /// Seconds that an auth token lives.
    pub auth_token_lifetime: Option<u32>,
    /// Fields of the users' metadata that go into auth tokens.
    pub token_metadata: ListChange,
    /// What signs auth tokens.
    pub algorithm: Option<Algorithm>,
    /// Days between two signing keys; 0 switches the schedule off.
    pub key_rotation_days: Option<u32>,
    /// Whether sessions can be refreshed.
    pub refresh: Option<bool>,
    /// Seconds after which a session ends, however used.
    pub refresh_absolute_lifetime: Option<u32>,
    /// Seconds without use after which a session ends.
    pub refresh_inactivity_lifetime: Option<u32>,
    /// Seconds since the sign-in within which passkeys may be changed; 0 switches the rule off.
    pub recent_sign_in: Option<u32>,
    /// Whether an assertion whose counter did not grow is refused.
    pub refuse_stale_counter: Option<bool>,
}

/// A value that cannot be, and the setting it was meant for.
#[derive(Debug)]
pub struct Problem {
    /// The setting, by its name in [`super::NAMED`]; of a user field its input, such as `field_name`.
    pub setting: &'static str,
    /// What is wrong with it.
    pub error: Error,
}

impl Problem {
    /// The first of several, for whoever asks for one thing at a time.
    pub fn first(problems: Vec<Problem>) -> Error {
        let first = problems.into_iter().next();
        first.map_or_else(
            || Error::internal(anyhow::anyhow!("settings were refused without a problem")),
            |problem| problem.error,
        )
    }
}

/// Checks values one after the other, and remembers what is wrong with each.
#[derive(Default)]
struct Checks {
    problems: Vec<Problem>,
}

impl Checks {
    /// Puts a value into its place if it is good.
    fn set<T>(&mut self, setting: &'static str, place: &mut T, value: Option<Result<T>>) {
        match value {
            Some(Ok(value)) => *place = value,
            Some(Err(error)) => self.problems.push(Problem { setting, error }),
            None => {}
        }
    }

    fn note(&mut self, setting: &'static str, result: Result<()>) {
        if let Err(error) = result {
            self.problems.push(Problem { setting, error });
        }
    }

    fn end(self) -> Result<(), Vec<Problem>> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(self.problems)
        }
    }
}

impl Changes {
    /// Applies the changes, each checked. Sentences about what was put right on the way, or all that is wrong; the record is
    /// of no use then.
    pub fn apply(&self, record: &mut AppRecord) -> Result<Vec<String>, Vec<Problem>> {
        let mut checks = Checks::default();
        let mut notes = Vec::new();
        let name = self.name.as_deref().map(values::name);
        checks.set("name", &mut record.name, name);
        self.apply_origins(record, &mut checks, &mut notes);
        self.apply_urls(record, &mut checks);
        let settings = &mut record.settings;
        self.apply_to_sign_in(settings, &mut checks);
        self.apply_to_users(settings, &mut checks);
        self.apply_to_sessions(settings, &mut checks);
        checks.end().map(|()| notes)
    }

    /// Applies those that need nothing but the settings, of which a new app can have its own.
    pub(super) fn apply_to_settings(&self, settings: &mut Settings) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        self.apply_to_sign_in(settings, &mut checks);
        self.apply_to_users(settings, &mut checks);
        self.apply_to_sessions(settings, &mut checks);
        checks.end()
    }

    fn apply_origins(&self, record: &mut AppRecord, checks: &mut Checks, notes: &mut Vec<String>) {
        let rp_id = self.rp_id.as_deref().map(values::rp_id);
        checks.set("rp_id", &mut record.rp_id, rp_id);
        let rp_id = record.rp_id.clone();
        let mut web_origin = |text: &str| {
            let parsed = AuthOrigin::parse(text)?;
            notes.extend(parsed.note);
            Ok(parsed.origin)
        };
        let auth_origin = self.auth_origin.as_deref().map(&mut web_origin);
        checks.set("auth_origin", &mut record.auth_origin, auth_origin);
        if !record.auth_origin.is_within(&rp_id) {
            let origin = &record.auth_origin;
            let (setting, error) = if self.rp_id.is_some() {
                ("rp_id", not_shared(&rp_id, origin))
            } else {
                ("auth_origin", outside(&rp_id, origin))
            };
            checks.note(setting, Err(error));
        }
        let settings = &mut record.settings;
        let origins = &mut settings.additional_auth_origins;
        let listed = self
            .origins
            .apply(origins, "additional origins", &mut web_origin);
        checks.note("origins", listed);
        origins.retain(|origin| *origin != record.auth_origin);
        if let Some(origin) = origins.iter().find(|origin| !origin.is_within(&rp_id)) {
            let (setting, error) = if self.rp_id.is_some() {
                ("rp_id", not_shared(&rp_id, origin))
            } else {
                ("origins", outside(&rp_id, origin))
            };
            checks.note(setting, Err(error));
        }
        let natives = &mut settings.native_origins;
        let listed =
            self.native_origins
                .apply(natives, "Android certificates", native::native_origin);
        checks.note("native_origins", listed);
        let apps = &mut settings.android_apps;
        let listed = self
            .android_apps
            .apply(apps, "Android apps", native::android_app);
        checks.note("android_apps", listed);
        let apps = &mut settings.ios_apps;
        let listed = self.ios_apps.apply(apps, "iOS apps", native::ios_app);
        checks.note("ios_apps", listed);
        let tops = &mut settings.top_origins;
        let listed = self.top_origins.apply(tops, "embedding origins", |text| {
            web_origin(text).map(|origin| origin.as_str().to_owned())
        });
        checks.note("top_origins", listed);
    }

    /// Both addresses are looked at anew, whatever was changed: they must stay on the app's origins.
    fn apply_urls(&self, record: &mut AppRecord, checks: &mut Checks) {
        let origins: Vec<AuthOrigin> = record.origins().cloned().collect();
        let origins: Vec<&AuthOrigin> = origins.iter().collect();
        let settings = &mut record.settings;
        let url = |what, typed: &Option<String>, stored: &str| {
            RedirectUrl::parse_as(what, typed.as_deref().unwrap_or(stored), &origins)
                .map(|url| url.as_str().to_owned())
        };
        let redirect_url = url("redirect URL", &self.redirect_url, &settings.redirect_url);
        checks.set(
            "redirect_url",
            &mut settings.redirect_url,
            Some(redirect_url),
        );
        let login_url = url("login URL", &self.login_url, &settings.login_url);
        checks.set("login_url", &mut settings.login_url, Some(login_url));
        let paths = &mut settings.login_paths;
        let listed = self
            .login_paths
            .apply(paths, "login paths", values::login_path);
        checks.note("login_paths", listed);
    }

    fn apply_to_sign_in(&self, settings: &mut Settings, checks: &mut Checks) {
        checks.set(
            "type",
            &mut settings.app_type,
            self.app_type.as_deref().map(values::app_type),
        );
        set(&mut settings.magic_links, self.magic_links);
        set(&mut settings.one_time_codes, self.one_time_codes);
        set(&mut settings.plain_links, self.plain_links);
        set(
            &mut settings.refuse_stale_counter,
            self.refuse_stale_counter,
        );
        checks.set(
            "magic_link_lifetime",
            &mut settings.magic_link_lifetime_seconds,
            self.magic_link_lifetime
                .map(|seconds| values::message_lifetime("magic link", seconds)),
        );
        checks.set(
            "code_lifetime",
            &mut settings.code_lifetime_seconds,
            self.code_lifetime
                .map(|seconds| values::message_lifetime("code", seconds)),
        );
        checks.set(
            "default_language",
            &mut settings.default_language,
            self.default_language.as_deref().map(values::language),
        );
        checks.set(
            "recent_sign_in",
            &mut settings.recent_sign_in_seconds,
            self.recent_sign_in.map(values::recent_sign_in),
        );
    }

    fn apply_to_users(&self, settings: &mut Settings, checks: &mut Checks) {
        set(&mut settings.public_signup, self.public_signup);
        set(&mut settings.hide_user_existence, self.hide_user_existence);
        set(&mut settings.profile_management, self.profile_management);
        set(
            &mut settings.identifier_verification,
            self.identifier_verification,
        );
        checks.set(
            "allowed_identifier",
            &mut settings.allowed_identifier,
            self.allowed_identifier
                .as_deref()
                .map(values::allowed_identifier),
        );
        checks.set(
            "required_identifier",
            &mut settings.required_identifier,
            self.required_identifier
                .as_deref()
                .map(values::required_identifier),
        );
        checks.set(
            "default_country",
            &mut settings.default_country,
            self.default_country.as_deref().map(values::country),
        );
        if self.allowed_identifier.is_some() || self.required_identifier.is_some() {
            checks.note("required_identifier", can_be_required(settings));
        }
        let setting = match self.identifier_verification {
            Some(_) => Some("identifier_verification"),
            None => match (self.one_time_codes, self.magic_links) {
                (Some(_), _) => Some("one_time_codes"),
                (None, Some(_)) => Some("magic_links"),
                (None, None) => None,
            },
        };
        if let Some(setting) = setting {
            checks.note(setting, can_be_verified(settings));
        }
        if let Some(change) = &self.fields
            && let Err(refused) = change.apply(settings)
        {
            let problem = |(setting, error)| Problem { setting, error };
            checks.problems.extend(refused.into_iter().map(problem));
        }
    }

    fn apply_to_sessions(&self, settings: &mut Settings, checks: &mut Checks) {
        set(&mut settings.algorithm, self.algorithm);
        set(&mut settings.refresh_enabled, self.refresh);
        checks.set(
            "auth_token_lifetime",
            &mut settings.auth_token_lifetime_seconds,
            self.auth_token_lifetime.map(values::auth_token_lifetime),
        );
        let fields = &mut settings.token_metadata;
        let listed = self
            .token_metadata
            .apply(fields, "metadata fields", values::metadata_field);
        checks.note("token_metadata", listed);
        checks.set(
            "key_rotation_days",
            &mut settings.key_rotation_days,
            self.key_rotation_days.map(values::rotation_days),
        );
        let lifetime = |seconds: Option<u32>| seconds.map(values::session_lifetime);
        checks.set(
            "refresh_absolute_lifetime",
            &mut settings.refresh_absolute_lifetime_seconds,
            lifetime(self.refresh_absolute_lifetime),
        );
        checks.set(
            "refresh_inactivity_lifetime",
            &mut settings.refresh_inactivity_lifetime_seconds,
            lifetime(self.refresh_inactivity_lifetime),
        );
        let is_changed = self
            .refresh_absolute_lifetime
            .or(self.refresh_inactivity_lifetime)
            .is_some();
        if is_changed
            && settings.refresh_inactivity_lifetime_seconds
                > settings.refresh_absolute_lifetime_seconds
        {
            let error = Error::invalid(
                "A session cannot wait longer for its next use than it lasts. Make this time shorter, or the other longer.",
            );
            checks.note("refresh_inactivity_lifetime", Err(error));
        }
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Refuses to require a kind of identifier that nobody can sign up with.
fn can_be_required(settings: &Settings) -> Result<()> {
    let (only, wanted) = match settings.allowed_identifier {
        AllowedIdentifier::Both => return Ok(()),
        AllowedIdentifier::Email => ("e-mail addresses", RequiredIdentifier::Email),
        AllowedIdentifier::Phone => ("phone numbers", RequiredIdentifier::Phone),
    };
    let required = settings.required_identifier;
    if required == RequiredIdentifier::Either || required == wanted {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The app takes {only} only, so an account can need nothing else: choose `either` here, or let the app take both."
    )))
}

/// Refuses to demand a proof that nobody can give.
fn can_be_verified(settings: &Settings) -> Result<()> {
    let can_prove = settings.magic_links || settings.one_time_codes;
    if can_prove || !settings.identifier_verification {
        return Ok(());
    }
    Err(Error::invalid(
        "Nobody could sign up: without links and codes there is no way to verify an address. Keep one of them on, or switch the verification off first.",
    ))
}

fn outside(rp_id: &str, origin: &AuthOrigin) -> Error {
    Error::invalid(format!(
        "Browsers would refuse this app's passkeys on {origin}: they belong to `{rp_id}` and its subdomains. Make an app of its own for that origin."
    ))
}

fn not_shared(rp_id: &str, origin: &AuthOrigin) -> Error {
    Error::invalid(format!(
        "The app's pages run on {origin}, which is not within `{rp_id}`. Write a domain that all origins of the app share, or change the origins first."
    ))
}

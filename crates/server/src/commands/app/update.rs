//! `ginnel app update`: what can be changed of an app.

use anyhow::{Result, bail};
use clap::Args;

use super::user_flags::UserFlags;
use crate::app::App;
use crate::domain::apps::{Changes, ListChange};
use crate::domain::keys::Algorithm;
use crate::domain::users::listing::{COUNTED, counted};
use crate::ids::AppId;

/// What is to change of an app.
#[derive(Args)]
pub struct Update {
    /// The application id
    id: String,
    /// What people know your product by
    #[arg(long)]
    name: Option<String>,
    /// Where your pages run; must be within the RP ID
    #[arg(long, value_name = "ORIGIN")]
    auth_origin: Option<String>,
    /// Where people go after sign-in
    #[arg(long)]
    redirect_url: Option<String>,
    /// Path of the page that carries the element
    #[arg(long)]
    login_url: Option<String>,
    /// One more origin on which your pages run; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    add_origin: Vec<String>,
    /// An origin that was added before; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    remove_origin: Vec<String>,
    /// One more Android app: package and SHA-256 fingerprint of its signing certificate, such as "com.example.app AB:CD:…";
    /// may be repeated
    #[arg(long, value_name = "PACKAGE FINGERPRINT")]
    add_android_app: Vec<String>,
    /// An Android app that was added before; may be repeated
    #[arg(long, value_name = "PACKAGE FINGERPRINT")]
    remove_android_app: Vec<String>,
    /// One more iOS app: Team ID and bundle identifier, such as A1B2C3D4E5.com.example.app; may be repeated
    #[arg(long, value_name = "TEAMID.BUNDLE")]
    add_ios_app: Vec<String>,
    /// An iOS app that was added before; may be repeated
    #[arg(long, value_name = "TEAMID.BUNDLE")]
    remove_ios_app: Vec<String>,
    /// One more Android app by fingerprint alone, which no association file names; may be repeated
    #[arg(long, value_name = "FINGERPRINT")]
    add_native_origin: Vec<String>,
    /// A fingerprint that was added before; may be repeated
    #[arg(long, value_name = "FINGERPRINT")]
    remove_native_origin: Vec<String>,
    /// One more origin that may embed your pages in a frame and still use passkeys; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    add_top_origin: Vec<String>,
    /// An embedding origin that was added before; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    remove_top_origin: Vec<String>,
    /// The domain that passkeys belong to; those made before do not work with another one
    #[arg(long, value_name = "DOMAIN")]
    rp_id: Option<String>,
    /// Says that the passkeys made before may stop working
    #[arg(long, requires = "rp_id")]
    give_up_passkeys: bool,
    /// What signs auth tokens from in 48 hours on; Passage's packages take RS256 only
    #[arg(long, value_enum, ignore_case = true)]
    algorithm: Option<Algorithm>,
    /// Days between two signing keys; 0 switches the schedule off
    #[arg(long, value_name = "DAYS")]
    key_rotation_days: Option<u32>,
    /// Seconds that an auth token lives
    #[arg(long, value_name = "SECONDS")]
    auth_token_lifetime: Option<u32>,
    /// One more field of the users' metadata for auth tokens; may be repeated
    #[arg(long, value_name = "FIELD")]
    add_token_metadata: Vec<String>,
    /// A field that was added before; may be repeated
    #[arg(long, value_name = "FIELD")]
    remove_token_metadata: Vec<String>,
    /// Whether sessions can be refreshed
    #[arg(long, value_name = "true|false")]
    refresh: Option<bool>,
    /// Seconds after which a session ends, however used
    #[arg(long, value_name = "SECONDS")]
    refresh_absolute_lifetime: Option<u32>,
    /// Seconds without use after which a session ends
    #[arg(long, value_name = "SECONDS")]
    refresh_inactivity_lifetime: Option<u32>,
    /// Seconds since sign-in within which passkeys may be changed; 0 switches the rule off
    #[arg(long, value_name = "SECONDS")]
    recent_sign_in: Option<u32>,
    /// Whether a passkey is refused whose signature counter did not grow, as it may have been copied
    #[arg(long, value_name = "true|false")]
    refuse_stale_counter: Option<bool>,
    /// One more path whose page carries the element, for links to lead to; may be repeated
    #[arg(long, value_name = "PATH")]
    add_login_path: Vec<String>,
    /// A path that was added before; may be repeated
    #[arg(long, value_name = "PATH")]
    remove_login_path: Vec<String>,
    /// Whether the tab that asked is signed in by a link opened anywhere, as old Passage packages expect; it makes phishing
    /// easier
    #[arg(long, value_name = "true|false")]
    plain_links: Option<bool>,
    #[command(flatten)]
    users: UserFlags,
}

impl Update {
    /// The app, as it was named.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Refuses what costs more than whoever asks for it may know.
    pub fn check(&self, app: &App, id: &AppId) -> Result<()> {
        if self.rp_id.is_none() || self.give_up_passkeys {
            return Ok(());
        }
        let id = id.clone();
        let count = app
            .store
            .read_blocking(move |tx| tx.count_passkeys(&id, COUNTED + 1))?;
        if count == 0 {
            return Ok(());
        }
        bail!(
            "With another RP ID the passkeys of this app ({}) stop working, and their owners have to sign in by link or code and add new ones. If that is meant, repeat with `--give-up-passkeys`.",
            counted(count)
        );
    }

    /// The changes.
    pub fn into_changes(self) -> Changes {
        Changes {
            name: self.name,
            auth_origin: self.auth_origin,
            origins: list(self.add_origin, self.remove_origin),
            android_apps: list(self.add_android_app, self.remove_android_app),
            ios_apps: list(self.add_ios_app, self.remove_ios_app),
            native_origins: list(self.add_native_origin, self.remove_native_origin),
            top_origins: list(self.add_top_origin, self.remove_top_origin),
            rp_id: self.rp_id,
            redirect_url: self.redirect_url,
            login_url: self.login_url,
            login_paths: list(self.add_login_path, self.remove_login_path),
            plain_links: self.plain_links,
            auth_token_lifetime: self.auth_token_lifetime,
            token_metadata: list(self.add_token_metadata, self.remove_token_metadata),
            algorithm: self.algorithm,
            key_rotation_days: self.key_rotation_days,
            refresh: self.refresh,
            refresh_absolute_lifetime: self.refresh_absolute_lifetime,
            refresh_inactivity_lifetime: self.refresh_inactivity_lifetime,
            recent_sign_in: self.recent_sign_in,
            refuse_stale_counter: self.refuse_stale_counter,
            ..self.users.into_changes()
        }
    }
}

fn list(add: Vec<String>, remove: Vec<String>) -> ListChange {
    ListChange {
        replace: None,
        add,
        remove,
    }
}

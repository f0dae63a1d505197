//! Settings that an app can be made with or get later: who its users are, and how they sign in beside passkeys.

use clap::Args;

use crate::domain::apps::Changes;

/// The flags.
#[derive(Args)]
pub struct UserFlags {
    /// What the app leaves to this server: complete (all of signing in) or flex (passkeys beside a login of its own)
    #[arg(long = "type", value_name = "TYPE")]
    app_type: Option<String>,
    /// Whether people may sign themselves up
    #[arg(long, value_name = "true|false")]
    public_signup: Option<bool>,
    /// What a new user may be named by: email, phone or both
    #[arg(long, value_name = "IDENTIFIERS")]
    identifiers: Option<String>,
    /// Which of them an account must have, where both are allowed: either, email, phone or both
    #[arg(long, value_name = "IDENTIFIER")]
    required_identifier: Option<String>,
    /// Country of phone numbers that are written without one: two letters, such as US or DE
    #[arg(long, value_name = "COUNTRY")]
    default_country: Option<String>,
    /// Whether an address or number must be verified by link or code before its account has a passkey
    #[arg(long, value_name = "true|false")]
    identifier_verification: Option<bool>,
    /// Whether users may change their own address, number and fields
    #[arg(long, value_name = "true|false")]
    profile_management: Option<bool>,
    /// Whether people may sign in by magic link
    #[arg(long, value_name = "true|false")]
    magic_links: Option<bool>,
    /// Seconds that a magic link works
    #[arg(long, value_name = "SECONDS")]
    magic_link_lifetime: Option<u32>,
    /// Whether people may sign in by one-time code; without links and codes, by passkey alone
    #[arg(long, value_name = "true|false")]
    one_time_codes: Option<bool>,
    /// Seconds that a code works
    #[arg(long, value_name = "SECONDS")]
    code_lifetime: Option<u32>,
    /// Whether nobody may learn who has an account; old Passage elements do not work then
    #[arg(long, value_name = "true|false")]
    hide_user_existence: Option<bool>,
    /// Language of messages when the page names none: de, en, es, it, pl, pt or zh
    #[arg(long, value_name = "LANGUAGE")]
    default_language: Option<String>,
}

impl UserFlags {
    /// The changes.
    pub fn into_changes(self) -> Changes {
        Changes {
            app_type: self.app_type,
            public_signup: self.public_signup,
            allowed_identifier: self.identifiers,
            required_identifier: self.required_identifier,
            default_country: self.default_country,
            identifier_verification: self.identifier_verification,
            profile_management: self.profile_management,
            magic_links: self.magic_links,
            magic_link_lifetime: self.magic_link_lifetime,
            one_time_codes: self.one_time_codes,
            code_lifetime: self.code_lifetime,
            hide_user_existence: self.hide_user_existence,
            default_language: self.default_language,
            ..Changes::default()
        }
    }
}

//! The checked outcome of a sign-in: the only thing that opens a session (D3).
//!
//! A [`Proof`] can be made in this file alone, and each way of making one takes evidence that only the check itself
//! can produce: the verdict types of `ginnel-webauthn` are made nowhere but in its verification, and a
//! [`Consumed`] link nowhere but where it is taken from the store.

use ginnel_webauthn::{VerifiedAuthentication, VerifiedRegistration};

use crate::domain::events::Counter;
use crate::domain::magic_links::{self, Consumed};
use crate::domain::passkeys::Passkey;
use crate::ids::{AppId, MagicLinkId, PasskeyId, UserId};

/// How somebody proved who they are, as `amr` values of RFC 8176 §2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods(&'static [&'static str]);

impl Methods {
    /// The values.
    pub fn values(&self) -> &'static [&'static str] {
        self.0
    }

    /// As stored: the values with spaces between.
    pub fn to_text(&self) -> String {
        self.0.join(" ")
    }

    /// A passkey: proof of possession of a key bound to hardware (`hwk`) or synced (`swk`); `mfa` when the
    /// authenticator verified its owner, too.
    fn passkey(backup_eligible: bool, user_verified: bool) -> Self {
        Methods(match (backup_eligible, user_verified) {
            (true, true) => &["swk", "user", "mfa"],
            (true, false) => &["swk", "user"],
            (false, true) => &["hwk", "user", "mfa"],
            (false, false) => &["hwk", "user"],
        })
    }
}

/// What the proof stands on.
#[derive(Clone, Debug)]
enum Evidence {
    Passkey(PasskeyId),
    Link(MagicLinkId),
    Code(MagicLinkId),
}

/// Somebody proved to be this user of this app, just now.
#[derive(Clone, Debug)]
pub struct Proof {
    app_id: AppId,
    user_id: UserId,
    evidence: Evidence,
    methods: Methods,
    is_sign_up: bool,
}

impl Proof {
    /// From an assertion that was verified against this passkey.
    pub(in crate::domain) fn by_assertion(
        passkey: &Passkey,
        verified: &VerifiedAuthentication,
    ) -> Self {
        Proof {
            app_id: passkey.app_id.clone(),
            user_id: passkey.user_id.clone(),
            evidence: Evidence::Passkey(passkey.id.clone()),
            methods: Methods::passkey(passkey.backup_eligible, verified.user_verified),
            is_sign_up: false,
        }
    }

    /// From a registration that was verified and made this passkey.
    pub(in crate::domain) fn by_registration(
        passkey: &Passkey,
        verified: &VerifiedRegistration,
    ) -> Self {
        Proof {
            app_id: passkey.app_id.clone(),
            user_id: passkey.user_id.clone(),
            evidence: Evidence::Passkey(passkey.id.clone()),
            methods: Methods::passkey(verified.backup_eligible, verified.user_verified),
            is_sign_up: true,
        }
    }

    /// From a magic link, or the code beside it, that was consumed for this user. RFC 8176 knows both as `otp`.
    pub(in crate::domain) fn by_link(consumed: &Consumed, is_sign_up: bool) -> Self {
        let id = consumed.link_id().clone();
        Proof {
            app_id: consumed.app_id().clone(),
            user_id: consumed.user_id().clone(),
            evidence: if consumed.is_by_code() {
                Evidence::Code(id)
            } else {
                Evidence::Link(id)
            },
            methods: Methods(&["otp"]),
            is_sign_up,
        }
    }

    /// The app.
    pub fn app_id(&self) -> &AppId {
        &self.app_id
    }

    /// Who it is.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The passkey that was used, if it was one.
    pub fn passkey_id(&self) -> Option<&PasskeyId> {
        match &self.evidence {
            Evidence::Passkey(id) => Some(id),
            Evidence::Link(_) | Evidence::Code(_) => None,
        }
    }

    /// What was used, for events.
    pub fn evidence(&self) -> &str {
        match &self.evidence {
            Evidence::Passkey(id) => id.as_str(),
            Evidence::Link(id) | Evidence::Code(id) => magic_links::label(id),
        }
    }

    /// How it was proven, as a word for events: `passkey`, `link` or `code`.
    pub fn means(&self) -> &'static str {
        match &self.evidence {
            Evidence::Passkey(_) => "passkey",
            Evidence::Link(_) => "link",
            Evidence::Code(_) => "code",
        }
    }

    /// How it was proven.
    pub fn methods(&self) -> &Methods {
        &self.methods
    }

    /// Whether this is the user's first sign-in.
    pub fn is_sign_up(&self) -> bool {
        self.is_sign_up
    }

    /// What a sign-in by it is counted as.
    pub fn counter(&self) -> Counter {
        match (&self.evidence, self.is_sign_up) {
            (Evidence::Passkey(_), false) => Counter::SignInPasskey,
            (Evidence::Passkey(_), true) => Counter::SignUpPasskey,
            (Evidence::Link(_), false) => Counter::SignInLink,
            (Evidence::Link(_), true) => Counter::SignUpLink,
            (Evidence::Code(_), false) => Counter::SignInCode,
            (Evidence::Code(_), true) => Counter::SignUpCode,
        }
    }
}

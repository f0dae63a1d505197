//! The checked outcome of a sign-in: the only thing that opens a session (D3).
//!
//! A [`Proof`] can be made in this file alone, and each way of making one takes evidence that only the check itself
//! can produce: the verdict types of `ginnel-webauthn` are made nowhere but in its verification.

use ginnel_webauthn::{VerifiedAuthentication, VerifiedRegistration};

use crate::domain::passkeys::Passkey;
use crate::ids::{AppId, PasskeyId, UserId};

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

/// Somebody proved to be this user of this app, just now.
#[derive(Clone, Debug)]
pub struct Proof {
    app_id: AppId,
    user_id: UserId,
    passkey_id: PasskeyId,
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
            passkey_id: passkey.id.clone(),
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
            passkey_id: passkey.id.clone(),
            methods: Methods::passkey(verified.backup_eligible, verified.user_verified),
            is_sign_up: true,
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

    /// The passkey that was used.
    pub fn passkey_id(&self) -> &PasskeyId {
        &self.passkey_id
    }

    /// How it was proven.
    pub fn methods(&self) -> &Methods {
        &self.methods
    }

    /// Whether this is the user's first sign-in.
    pub fn is_sign_up(&self) -> bool {
        self.is_sign_up
    }
}

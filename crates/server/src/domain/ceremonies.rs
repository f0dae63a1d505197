//! A ceremony between its start and its finish, without a row in the database (D2).
//!
//! What the finish must check travels through the browser as an opaque id, sealed for the app. The finish opens it and
//! records the challenge as used in its one transaction, so any node can finish what another began, once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ginnel_webauthn::{Expectation, UserVerification};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::users::Identifier;
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, MagicLinkId, SessionId, UserId};
use crate::random::Random;
use crate::secrets::Purpose as SealPurpose;
use crate::time::Timestamp;

/// How long a ceremony may take.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// How long after its expiry a used challenge is remembered.
pub const REMEMBERED_FOR: Duration = Duration::from_secs(5 * 60);

/// Length of a challenge, bytes: 44 characters of base64 without padding.
const CHALLENGE_LENGTH: usize = 33;

/// What a ceremony is for; one begun for one purpose cannot be finished for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// The first passkey of somebody who signs up; the user may not exist yet.
    SignUp {
        /// The id that the user has or will have; it is in the passkey as user handle.
        user_id: UserId,
        /// What will name the user.
        identifier: Identifier,
        /// Whether the user exists already, as a sign-up that got no further.
        exists: bool,
    },
    /// A sign-in.
    SignIn {
        /// Who signs in; `None` lets the passkey say (discoverable).
        user_id: Option<UserId>,
    },
    /// One more passkey for somebody who is signed in.
    AddPasskey {
        /// The owner.
        user_id: UserId,
        /// The session that began it.
        session_id: SessionId,
    },
    /// A sign-in by a magic link and a passkey together.
    SignInWithLink {
        /// Who signs in.
        user_id: UserId,
        /// The link that is used up by it.
        link_id: MagicLinkId,
    },
    /// A sign-in by a magic link that makes a passkey.
    AddPasskeyWithLink {
        /// The id that the user has or will have.
        user_id: UserId,
        /// The link that is used up by it.
        link_id: MagicLinkId,
    },
    /// One more passkey for a user of an app's own login.
    FlexRegistration(FlexTransaction),
    /// A sign-in to an app's own login; without a transaction the passkey says who it is.
    FlexAuthentication(Option<FlexTransaction>),
}

/// The transaction of a back end under which a ceremony began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlexTransaction {
    /// For whom the back end began it.
    pub user_id: UserId,
    /// What is stored of its id.
    #[serde(with = "ginnel_webauthn::base64url")]
    pub hash: Vec<u8>,
}

/// A ceremony under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceremony {
    /// The bytes that the authenticator signs.
    #[serde(with = "ginnel_webauthn::base64url")]
    pub challenge: Vec<u8>,
    /// The RP ID for which it began.
    pub rp_id: String,
    /// What it is for.
    pub purpose: Purpose,
    /// When it can no longer be finished.
    pub expires_at: Timestamp,
}

impl Ceremony {
    /// Begins one.
    pub fn begin(app: &App, rp_id: &str, purpose: Purpose) -> Self {
        Ceremony {
            challenge: challenge(&app.random),
            rp_id: rp_id.to_owned(),
            purpose,
            expires_at: app.clock.now().plus(LIFETIME),
        }
    }

    /// The opaque id that goes to the browser.
    pub fn seal(&self, app: &App, app_id: &AppId) -> Result<String> {
        let state = serde_json::to_vec(self).map_err(Error::internal)?;
        let purpose = SealPurpose::Ceremony {
            day: app.clock.now().day(),
        };
        Ok(URL_SAFE_NO_PAD.encode(app.secrets.seal(
            purpose,
            app_id.as_str().as_bytes(),
            &state,
            &app.random,
        )))
    }

    /// Opens an id that came back, for the same app. `code` is the refusal's: each endpoint has its own.
    pub fn open(app: &App, app_id: &AppId, id: &str, code: Code) -> Result<Self> {
        let now = app.clock.now();
        let unknown = || {
            Error::new(code, "This ceremony was not begun here. Start again.")
                .with_reason("challenge_unknown")
        };
        let sealed = URL_SAFE_NO_PAD.decode(id).map_err(|_| unknown())?;
        // A ceremony may cross midnight, so yesterday's key is tried as well.
        let state = [now.day(), now.day() - 1]
            .into_iter()
            .find_map(|day| {
                app.secrets.open(
                    SealPurpose::Ceremony { day },
                    app_id.as_str().as_bytes(),
                    &sealed,
                )
            })
            .ok_or_else(unknown)?;
        let ceremony: Ceremony = serde_json::from_slice(&state).map_err(Error::internal)?;
        if now >= ceremony.expires_at {
            return Err(
                Error::new(code, "This took longer than 5 minutes. Start again.")
                    .with_reason("challenge_expired"),
            );
        }
        Ok(ceremony)
    }

    /// What its answer must fit: this challenge, and the app's RP ID, origins and policy.
    pub fn expectation<'a>(&'a self, loaded: &'a LoadedApp) -> Expectation<'a> {
        let top_origins = loaded.settings.top_origins.as_slice();
        Expectation {
            challenge: &self.challenge,
            rp_id: &loaded.rp_id,
            origins: &loaded.webauthn_origins,
            user_verification: UserVerification::Required,
            top_origins: Some(top_origins).filter(|origins| !origins.is_empty()),
        }
    }

    /// Until when the used challenge must be remembered.
    pub fn remember_until(&self) -> Timestamp {
        self.expires_at.plus(REMEMBERED_FOR)
    }
}

/// A refusal of a challenge that was used before.
pub fn used(code: Code) -> Error {
    Error::new(code, "This ceremony was finished before. Start again.")
        .with_reason("challenge_used")
}

/// Random bytes whose base64 has none of `+ / - _`: old Passage packages read standard base64 only, new ones base64url,
/// and such a text is the same in both. Three bytes at a time are drawn until their four characters fit, which leaves
/// 62 of 64 characters: more than 261 bits.
fn challenge(random: &Random) -> Vec<u8> {
    let mut challenge = Vec::with_capacity(CHALLENGE_LENGTH);
    while challenge.len() < CHALLENGE_LENGTH {
        for group in random.bytes::<48>().chunks_exact(3) {
            let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
            let fits = (0..4).all(|index| (bits >> (6 * index)) & 63 < 62);
            if fits && challenge.len() < CHALLENGE_LENGTH {
                challenge.extend_from_slice(group);
            }
        }
    }
    challenge
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_the_same_in_both_base64_alphabets() {
        let random = Random::system();
        for _ in 0..200 {
            let text = URL_SAFE_NO_PAD.encode(challenge(&random));
            assert_eq!(text.len(), 44);
            assert!(
                text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{text}"
            );
        }
    }
}

//! Ceremonies (`webauthn` on the wire) and the signed-in user's passkeys (`devices`).
//!
//! Beside this file: `registration.rs` and `authentication.rs` (the ceremonies of somebody who is not signed in) and
//! `devices.rs`; `options.rs` describes what browsers get.

pub mod authentication;
pub mod devices;
pub mod options;
pub mod registration;

use ginnel_webauthn::{Attachment, base64url};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use options::{CreationOptionsJson, RequestOptionsJson};

use super::users::UserInfo;
use crate::domain::passkeys::{PasskeyType, Started};
use crate::domain::users::{Identifier, User};
use crate::error::{Error, Result};

/// Answer of a start: the ceremony's id and the browser's options.
#[derive(Debug, Serialize, ToSchema)]
pub struct StartAnswer<O> {
    handshake: Handshake<O>,
    /// Absent when the passkey is to say who signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserInfo>,
}

/// A ceremony that began.
#[derive(Debug, Serialize, ToSchema)]
pub struct Handshake<O> {
    /// Opaque; comes back with the finish.
    id: String,
    challenge: PublicKey<O>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicKey<O> {
    /// Options for `navigator.credentials`, binary members in base64url.
    public_key: O,
}

impl<O> StartAnswer<O> {
    /// For the user themselves, or for whoever names nobody.
    pub(in crate::http::auth) fn of(started: Started<O>) -> Self {
        StartAnswer::with(started, UserInfo::of)
    }

    /// For whoever named the user by an address or number.
    fn named_by(identifier: &Identifier, started: Started<O>) -> Self {
        StartAnswer::with(started, |user, passkey_types| {
            UserInfo::named_by(identifier, user, passkey_types)
        })
    }

    fn with(
        mut started: Started<O>,
        shown: impl FnOnce(&User, Vec<PasskeyType>) -> UserInfo,
    ) -> Self {
        let user = started.user.take();
        let types = std::mem::take(&mut started.passkey_types);
        StartAnswer {
            handshake: Handshake::of(started),
            user: user.map(|user| shown(&user, types)),
        }
    }
}

impl<O> Handshake<O> {
    /// What of a start is about the ceremony.
    pub fn of(started: Started<O>) -> Self {
        Handshake {
            id: started.handshake_id,
            challenge: PublicKey {
                public_key: started.options,
            },
        }
    }
}

/// Which authenticators a page wants.
#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", try_from = "String")]
pub enum AttachmentWord {
    /// In the device; what Passage took when nothing was said.
    #[default]
    Platform,
    /// Outside: a security key or another device.
    CrossPlatform,
    /// Either.
    Any,
}

impl TryFrom<String> for AttachmentWord {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, &'static str> {
        match word.as_str() {
            "platform" => Ok(AttachmentWord::Platform),
            "cross-platform" => Ok(AttachmentWord::CrossPlatform),
            "any" => Ok(AttachmentWord::Any),
            _ => Err("authenticator_attachment must be `platform`, `cross-platform` or `any`"),
        }
    }
}

impl AttachmentWord {
    /// As the options say it; `None` for either.
    pub fn attachment(self) -> Option<Attachment> {
        match self {
            AttachmentWord::Platform => Some(Attachment::Platform),
            AttachmentWord::CrossPlatform => Some(Attachment::CrossPlatform),
            AttachmentWord::Any => None,
        }
    }
}

fn bytes(name: &str, text: &str) -> Result<Vec<u8>> {
    base64url::decode(text).ok_or_else(|| {
        Error::invalid(format!(
            "{name}: is not base64url. Send the bytes of the credential in base64url."
        ))
    })
}

//! The one error of this crate. Every refusal has a code to branch on, a status to answer with and a sentence that says
//! what to do next.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// Why a request was not authenticated. The list is closed: a `match` over it can be exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Neither the header nor the cookie has a token.
    TokenMissing,
    /// Not a token of Ginnel's: its form or its header is wrong.
    TokenMalformed,
    /// Longer than 16,384 characters.
    TokenOversize,
    /// The header names an algorithm that is not accepted, or that its key is not for.
    AlgorithmNotAllowed,
    /// No key of the application has the token's key id.
    KeyUnknown,
    /// The signature does not fit the content.
    SignatureInvalid,
    /// It was valid once: refresh it in the browser, or sign in.
    TokenExpired,
    /// It is from the future: the clocks differ.
    TokenNotYetValid,
    /// Issued by another server, or by this one under another address.
    IssuerMismatch,
    /// Issued for another application.
    AudienceMismatch,
    /// A claim is missing or of the wrong type.
    ClaimMissing,
    /// The keys could not be fetched; nobody passes meanwhile.
    KeysUnavailable,
    /// An option is wrong, or a call.
    Configuration,
}

impl Code {
    /// The code as all of Ginnel's packages write it, such as `token_missing`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::TokenMissing => "token_missing",
            Code::TokenMalformed => "token_malformed",
            Code::TokenOversize => "token_oversize",
            Code::AlgorithmNotAllowed => "algorithm_not_allowed",
            Code::KeyUnknown => "key_unknown",
            Code::SignatureInvalid => "signature_invalid",
            Code::TokenExpired => "token_expired",
            Code::TokenNotYetValid => "token_not_yet_valid",
            Code::IssuerMismatch => "issuer_mismatch",
            Code::AudienceMismatch => "audience_mismatch",
            Code::ClaimMissing => "claim_missing",
            Code::KeysUnavailable => "keys_unavailable",
            Code::Configuration => "configuration",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What every call of this crate fails with.
///
/// `Display` is the sentence for people; the cause, if there is one, is its [`source`](std::error::Error::source).
#[derive(Clone, Debug)]
pub struct Error {
    code: Code,
    message: Arc<str>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this code; the message should say what to do next. For a [`KeySet`](crate::KeySet) of your own.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error {
            code,
            message: message.into().into(),
            cause: None,
        }
    }

    /// The same error with what led to it.
    pub fn with_cause(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into().into());
        self
    }

    /// Why the request was refused.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The HTTP status that fits: 401 when the caller has to sign in, 503 when the keys to check the token with could
    /// not be fetched, 500 when this server is set up wrongly.
    pub fn status(&self) -> u16 {
        match self.code {
            Code::KeysUnavailable => 503,
            Code::Configuration => 500,
            _ => 401,
        }
    }

    /// The sentence that says what to do next.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

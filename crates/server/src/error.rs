//! The one error of the server.
//!
//! An [`Error`] is a [`Code`] of the wire contract, a sentence that says what to do next, an optional finer
//! `reason`, and an optional cause that is logged once where the answer is made and never sent.
//!
//! When to use what: a refusal that the caller can act on is built by one of the constructors below, all in this
//! file; a failure of ours (database, file, bug) is [`Error::internal`] or [`Error::unavailable`] and its cause
//! goes to the log. Inside a store closure `Err` means that nothing happened; a refusal that must be remembered
//! is an `Ok` value of the closure.

use std::fmt;

/// Machine code of an error body, as in the wire contract (Passage's Swift and Android SDKs choose the exception
/// by it), with the few that Ginnel adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// 400: the request is malformed or asks for something that cannot be.
    InvalidRequest,
    /// 401: a sign-in without identifier failed.
    DiscoverableLoginFailed,
    /// 401: a passkey ceremony failed.
    WebauthnLoginFailed,
    /// 401: the auth token is missing, expired, altered or revoked.
    InvalidAccessToken,
    /// 401: the digits typed beside a link were wrong.
    InvalidMagicLink,
    /// 401: a code was tried too often.
    ExceededAttempts,
    /// 401: the refresh token is unknown, used, expired or revoked.
    InvalidRefreshToken,
    /// 401: the nonce is unknown, used or expired.
    InvalidNonce,
    /// 403: the address must be proven by link or code first.
    IdentifierNotVerified,
    /// 403: the app's settings or the user's state forbid it.
    OperationNotAllowed,
    /// 403: no transaction can be begun for this user.
    CannotCreateTransaction,
    /// 403: the user is deactivated.
    UserNotActive,
    /// 404: no app has this id.
    AppNotFound,
    /// 404: no user has this identifier or id.
    UserNotFound,
    /// 404: no such link, or it can be used no more.
    MagicLinkNotFound,
    /// 404: the user has no such passkey.
    DeviceNotFound,
    /// 404: the user has no connection to this provider.
    SocialConnectionNotFound,
    /// 404: no such transaction, or it can be used no more.
    TransactionNotFound,
    /// 404: no such path.
    NotFound,
    /// 405: the path exists, the method does not.
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    RequestTimeout,
    /// 409: the user has no passkey to sign in with.
    UserHasNoPasskeys,
    /// 413: the body is larger than 64 KiB.
    RequestTooLarge,
    /// 421: the `Host` is not one this server answers for.
    MisdirectedRequest,
    /// 429: too many requests from one client.
    RateLimited,
    /// 500: a failure of ours; the body never explains.
    InternalServerError,
    /// 503: the database or a key is not available for the moment.
    Unavailable,
}

impl Code {
    /// The table code → status number → word on the wire.
    const fn row(self) -> (u16, &'static str) {
        match self {
            Code::InvalidRequest => (400, "invalid_request"),
            Code::DiscoverableLoginFailed => (401, "discoverable_login_failed"),
            Code::WebauthnLoginFailed => (401, "webauthn_login_failed"),
            Code::InvalidAccessToken => (401, "invalid_access_token"),
            Code::InvalidMagicLink => (401, "invalid_magic_link"),
            Code::ExceededAttempts => (401, "exceeded_attempts"),
            Code::InvalidRefreshToken => (401, "invalid_refresh_token"),
            Code::InvalidNonce => (401, "invalid_nonce"),
            Code::IdentifierNotVerified => (403, "identifier_not_verified"),
            Code::OperationNotAllowed => (403, "operation_not_allowed"),
            Code::CannotCreateTransaction => (403, "cannot_create_transaction"),
            Code::UserNotActive => (403, "user_not_active"),
            Code::AppNotFound => (404, "app_not_found"),
            Code::UserNotFound => (404, "user_not_found"),
            Code::MagicLinkNotFound => (404, "magic_link_not_found"),
            Code::DeviceNotFound => (404, "device_not_found"),
            Code::SocialConnectionNotFound => (404, "social_connection_not_found"),
            Code::TransactionNotFound => (404, "transaction_not_found"),
            Code::NotFound => (404, "not_found"),
            Code::MethodNotAllowed => (405, "method_not_allowed"),
            Code::RequestTimeout => (408, "invalid_request"),
            Code::UserHasNoPasskeys => (409, "user_has_no_passkeys"),
            Code::RequestTooLarge => (413, "invalid_request"),
            Code::MisdirectedRequest => (421, "misdirected_request"),
            Code::RateLimited => (429, "rate_limited"),
            Code::InternalServerError => (500, "internal_server_error"),
            Code::Unavailable => (503, "unavailable"),
        }
    }

    /// HTTP status number.
    pub const fn status(self) -> u16 {
        self.row().0
    }

    /// The word in the body's `code`.
    pub const fn word(self) -> &'static str {
        self.row().1
    }
}

/// What kind of failure of the database lies behind an error; the store retries or explains by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFailure {
    /// A unique constraint was violated.
    Conflict,
    /// The transaction lost against another and may run again (PostgreSQL 40001, 40P01).
    Retry,
    /// The database cannot be reached, is full, or is busy beyond patience.
    Unavailable,
    /// Anything else: a bug, or a damaged database.
    Broken,
}

/// The server's one error type.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    code: Code,
    reason: Option<&'static str>,
    message: String,
    retry_after_seconds: Option<u32>,
    store: Option<StoreFailure>,
    cause: Option<anyhow::Error>,
}

/// The server's result type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A refusal with the sentence that the caller sees.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error {
            inner: Box::new(Inner {
                code,
                reason: None,
                message: message.into(),
                retry_after_seconds: None,
                store: None,
                cause: None,
            }),
        }
    }

    /// 400 with the sentence that the caller sees.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, message)
    }

    /// 403 `operation_not_allowed` with a machine-readable reason.
    pub fn forbidden(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Code::OperationNotAllowed, message).with_reason(reason)
    }

    /// 500; the cause is logged, the body says nothing of it.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Code::InternalServerError, "Something went wrong on the server. Try again; if it stays, the server's log says more.")
            .with_cause(cause)
    }

    /// 503 with `Retry-After`; the cause is logged.
    pub fn unavailable(message: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self::new(Code::Unavailable, message).retry_after(retry_after_seconds)
    }

    /// 429 with `Retry-After`.
    pub fn rate_limited(retry_after_seconds: u32) -> Self {
        let wait = match retry_after_seconds {
            1 => "a second".to_owned(),
            seconds @ ..100 => format!("{seconds} seconds"),
            seconds => format!("{} minutes", seconds.div_ceil(60)),
        };
        Self::new(
            Code::RateLimited,
            format!("Too many tries. Wait {wait}, then try again."),
        )
        .retry_after(retry_after_seconds)
    }

    /// A failure of the database, already sorted into its kind by `store/db/`.
    pub fn store(failure: StoreFailure, cause: impl Into<anyhow::Error>) -> Self {
        let mut error = match failure {
            StoreFailure::Retry | StoreFailure::Unavailable => Self::unavailable(
                "The database is not available for the moment. Try again shortly.",
                1,
            ),
            StoreFailure::Conflict | StoreFailure::Broken => Self::new(
                Code::InternalServerError,
                "Something went wrong on the server. Try again; if it stays, the server's log says more.",
            ),
        };
        error.inner.store = Some(failure);
        error.with_cause(cause)
    }

    /// Adds `Retry-After`.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.inner.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds the finer machine code.
    pub fn with_reason(mut self, reason: &'static str) -> Self {
        self.inner.reason = Some(reason);
        self
    }

    /// Adds what is logged and never sent.
    pub fn with_cause(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.inner.cause = Some(cause.into());
        self
    }

    /// The wire code.
    pub fn code(&self) -> Code {
        self.inner.code
    }

    /// The finer machine code, when there is one.
    pub fn reason(&self) -> Option<&'static str> {
        self.inner.reason
    }

    /// The sentence that the caller sees.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Seconds for `Retry-After`.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.inner.retry_after_seconds
    }

    /// What kind of database failure this is, if it is one.
    pub fn store_failure(&self) -> Option<StoreFailure> {
        self.inner.store
    }

    /// Whether a unique constraint was violated.
    pub fn is_conflict(&self) -> bool {
        self.inner.store == Some(StoreFailure::Conflict)
    }

    /// The hidden cause, for the log.
    pub fn cause(&self) -> Option<&anyhow::Error> {
        self.inner.cause.as_ref()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.inner.code.word())?;
        if let Some(reason) = self.inner.reason {
            write!(f, "/{reason}")?;
        }
        write!(f, ": {}", self.inner.message)?;
        match &self.inner.cause {
            Some(cause) => write!(f, " ({cause:#})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl std::error::Error for Error {}

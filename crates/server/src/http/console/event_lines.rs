//! Events as people read them: what happened in words, who, with which device, from where.

use super::page::When;
use crate::domain::events::{Kind, Listed, Outcome};
use crate::domain::user_agents;
use crate::ids::UserId;

/// An event in a list.
pub struct EventLine {
    /// When.
    pub when: When,
    /// What happened.
    pub what: String,
    /// Whether it was refused.
    pub is_refused: bool,
    /// Why, or what it was.
    pub detail: String,
    /// The user whom it concerns.
    pub user: Option<Person>,
    /// The member who did it.
    pub member: Option<String>,
    /// The browser; empty if the server did it.
    pub device: String,
    /// Where it came from.
    pub address: String,
}

/// A user in a list of events.
pub struct Person {
    /// Their id.
    pub id: String,
    /// Their address or number; `None` if they are gone.
    pub name: Option<String>,
}

impl EventLine {
    /// Of an event.
    pub fn of(event: &Listed) -> Self {
        let is_refused = event.outcome == Outcome::Refused;
        let by_member = event.actor == "member";
        EventLine {
            when: When::of(event.created_at),
            what: what(event),
            is_refused,
            detail: match (&event.reason, &event.detail) {
                (Some(reason), _) => why(reason),
                // How somebody signed in is among the words already.
                (None, Some(detail)) if !is_sign_in(event.kind) => detail.clone(),
                _ => String::new(),
            },
            user: event.user_id.as_ref().map(|id| Person {
                id: id.to_string(),
                name: event.user_name.clone(),
            }),
            member: by_member.then(|| {
                let name = event.member_name.clone();
                name.unwrap_or_else(|| "somebody who has left".to_owned())
            }),
            device: match event.actor.as_str() {
                "server" => String::new(),
                "back_end" => "Back end".to_owned(),
                _ => device(&event.user_agent),
            },
            address: match event.actor.as_str() {
                "server" => "the server".to_owned(),
                _ => event.address.clone(),
            },
        }
    }
}

/// A browser, as its owner would call it.
pub fn device(user_agent: &str) -> String {
    user_agents::describe(user_agent).unwrap_or_else(|| "Unknown browser".to_owned())
}

fn is_sign_in(kind: Kind) -> bool {
    matches!(kind, Kind::SignIn | Kind::SignUp)
}

fn what(event: &Listed) -> String {
    let by = match event.detail.as_deref() {
        Some("passkey") => " with a passkey",
        Some("link") => " by link",
        Some("code") => " by code",
        _ => "",
    };
    match (event.kind, event.outcome) {
        (Kind::SignIn, Outcome::Refused) => "Sign-in refused".to_owned(),
        (Kind::SignIn, Outcome::Success) => format!("Signed in{by}"),
        (Kind::SignUp, Outcome::Success) => format!("Signed up{by}"),
        (Kind::MemberRemoved, _) if is_own(event) => "Left".to_owned(),
        (kind, outcome) => {
            let words = words(kind);
            match outcome {
                Outcome::Success => words.to_owned(),
                Outcome::Refused if kind == Kind::RefreshReplayed => words.to_owned(),
                Outcome::Refused => format!("{words}: refused"),
            }
        }
    }
}

/// Whether a member did it to themselves.
fn is_own(event: &Listed) -> bool {
    event.subject.as_deref() == event.member_id.as_ref().map(UserId::as_str)
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::UserCreated => "Account made",
        Kind::SignUp => "Signed up",
        Kind::SignIn => "Signed in",
        Kind::SignOut => "Signed out",
        Kind::PasskeyAdded => "Passkey added",
        Kind::PasskeyRenamed => "Passkey renamed",
        Kind::PasskeyRemoved => "Passkey removed",
        Kind::CounterNotIncreased => "Passkey may have been copied",
        Kind::RefreshReplayed => "Session ended: its token was used twice",
        Kind::LinkSent => "Link and code sent",
        Kind::AddressVerified => "Address proven",
        Kind::AddressChanged => "Address changed",
        Kind::AccountClaimed => "Account claimed by its address's owner",
        Kind::KeyRotated => "Signing key changed",
        Kind::AppCreated => "App made",
        Kind::AppClaimed => "Test app claimed",
        Kind::AppRemoved => "App deleted",
        Kind::SettingsChanged => "Settings changed",
        Kind::RpIdChanged => "RP ID changed",
        Kind::MemberInvited => "Member invited",
        Kind::InvitationRevoked => "Invitation taken back",
        Kind::MemberJoined => "Member joined",
        Kind::MemberChanged => "Member's role changed",
        Kind::MemberRemoved => "Member removed",
        Kind::OperatorAdded => "Became an operator",
        Kind::UserDeactivated => "User deactivated",
        Kind::UserActivated => "User activated",
        Kind::UserRemoved => "User deleted",
        Kind::SessionsRevoked => "Sessions ended",
        Kind::CodeSent => "Code sent",
        Kind::AddressRemoved => "Address removed",
        Kind::MetadataChanged => "Metadata changed",
        Kind::TemplateFailed => "Message template failed; the built-in one was sent",
        Kind::TemplateChanged => "Message template changed",
        Kind::ApiKeyAdded => "API key made",
        Kind::ApiKeyRevoked => "API key revoked",
        Kind::TransactionBegun => "Passkey transaction begun",
    }
}

/// Why something was refused.
fn why(reason: &str) -> String {
    let known = match reason {
        "counter_not_increased" => "the passkey's counter did not grow",
        "refresh_token_reused" => "somebody else may have the token",
        "magic_link_expired" => "the link had expired",
        "magic_link_used" => "the link was used before",
        "wrong_digits" => "wrong digits beside the link",
        "wrong_code" => "wrong code",
        "code_expired" => "the code had expired",
        "exceeded_attempts" => "too many wrong codes",
        "user_not_active" => "the user is deactivated",
        "origin_not_allowed" => "a page that is not among the app's origins",
        "user_mismatch" => "another user's passkey",
        "signature" => "the signature is wrong",
        "rp_id_mismatch" => "the passkey is for another RP ID",
        "no_external_id" => "the site's own login does not know the account",
        "user_not_verified" => "the screen lock was not passed",
        _ => "",
    };
    if known.is_empty() {
        reason.replace('_', " ")
    } else {
        known.to_owned()
    }
}

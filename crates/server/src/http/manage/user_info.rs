//! What the management API tells of a user (`passage/management-api.md` 3.2 and 3.4). Passage's packages for Rust, Go and
//! Python demand every field.

use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use crate::domain::events::{Kind, Listed, Outcome};
use crate::domain::passkeys::{self, PasskeyType};
use crate::domain::user_agents;
use crate::domain::users::User;
use crate::domain::users::looking::Known;
use crate::http::auth::passkeys::devices::Credential;

/// A user in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedUser {
    /// RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    /// Empty when unset.
    email: String,
    email_verified: bool,
    /// What names the user in the app's own login; empty when unset.
    external_id: String,
    id: String,
    /// RFC 3339; when the user was made, if they never signed in.
    #[schema(format = DateTime)]
    last_login_at: String,
    login_count: i64,
    /// Empty when unset.
    phone: String,
    phone_verified: bool,
    /// `active`, `inactive` or `pending`.
    status: &'static str,
    /// RFC 3339.
    #[schema(format = DateTime)]
    updated_at: String,
    #[schema(value_type = Object)]
    user_metadata: Json,
}

impl ListedUser {
    /// A user for the wire.
    pub fn of(user: &User) -> Self {
        ListedUser {
            created_at: user.created_at.to_string(),
            email: user.email.clone().unwrap_or_default(),
            email_verified: user.email_verified,
            external_id: user
                .external_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            id: user.id.to_string(),
            last_login_at: user.last_login_at.unwrap_or(user.created_at).to_string(),
            login_count: user.login_count,
            phone: user.phone.clone().unwrap_or_default(),
            phone_verified: user.phone_verified,
            status: user.status.as_str(),
            updated_at: user.updated_at.to_string(),
            user_metadata: user.user_metadata.clone(),
        }
    }
}

/// A user with all that is known of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ManagedUser {
    #[serde(flatten)]
    user: ListedUser,
    recent_events: Vec<RecentEvent>,
    #[schema(value_type = Object)]
    social_connections: Map<String, Json>,
    /// Whether the user has a passkey.
    webauthn: bool,
    webauthn_devices: Vec<Credential>,
    webauthn_types: Vec<PasskeyType>,
}

impl ManagedUser {
    /// A user for the wire.
    pub fn of(known: &Known) -> Self {
        ManagedUser {
            user: ListedUser::of(&known.user),
            recent_events: known.events.iter().map(RecentEvent::of).collect(),
            social_connections: Map::new(),
            webauthn: !known.passkeys.is_empty(),
            webauthn_devices: known.passkeys.iter().map(Credential::of).collect(),
            webauthn_types: passkeys::types(&known.passkeys),
        }
    }
}

/// Something that happened to the account.
#[derive(Debug, Serialize, ToSchema)]
struct RecentEvent {
    /// `register`, `login` or `other`.
    action: &'static str,
    /// RFC 3339; `null` for what was refused.
    completed_at: Option<String>,
    /// RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    id: String,
    ip_addr: String,
    /// `null`: nobody signs in by another site's account.
    social_login_type: Option<String>,
    /// `complete` or `incomplete`.
    status: &'static str,
    /// What happened, such as `sign_in`.
    r#type: &'static str,
    user_agent: String,
    /// Browser and system; empty if they are not known.
    user_agent_display: String,
}

impl RecentEvent {
    fn of(event: &Listed) -> Self {
        let is_done = event.outcome == Outcome::Success;
        RecentEvent {
            action: match event.kind {
                Kind::SignUp | Kind::UserCreated => "register",
                Kind::SignIn => "login",
                _ => "other",
            },
            completed_at: is_done.then(|| event.created_at.to_string()),
            created_at: event.created_at.to_string(),
            id: event.id.to_string(),
            ip_addr: event.address.clone(),
            social_login_type: None,
            status: if is_done { "complete" } else { "incomplete" },
            r#type: event.kind.as_str(),
            user_agent: event.user_agent.clone(),
            user_agent_display: user_agents::describe(&event.user_agent).unwrap_or_default(),
        }
    }
}

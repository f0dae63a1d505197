//! The authentication API: what browsers call, from the app's own pages (`passage/auth-api.md`).

pub mod apps;
pub mod events;
pub mod flex;
pub mod gateways;
pub mod identifiers;
pub mod keys;
pub mod magic_links;
pub mod metadata;
pub mod one_time_codes;
pub mod passkeys;
pub mod sessions;
pub mod social_connections;
pub mod users;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// All its routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(apps::get_app))
        .routes(routes!(users::find_user, users::create_user))
        .routes(routes!(users::get_current_user))
        .routes(routes!(passkeys::registration::start_registration))
        .routes(routes!(passkeys::registration::finish_registration))
        .routes(routes!(passkeys::authentication::start_login))
        .routes(routes!(passkeys::authentication::finish_login))
        .routes(routes!(magic_links::register_by_link))
        .routes(routes!(magic_links::login_by_link))
        .routes(routes!(magic_links::activate_link))
        .routes(routes!(magic_links::get_link_status))
        .routes(routes!(magic_links::passkeys::start_login_with_link))
        .routes(routes!(magic_links::passkeys::finish_login_with_link))
        .routes(routes!(magic_links::passkeys::start_adding_with_link))
        .routes(routes!(magic_links::passkeys::finish_adding_with_link))
        .routes(routes!(one_time_codes::register_by_code))
        .routes(routes!(one_time_codes::login_by_code))
        .routes(routes!(one_time_codes::activate_code))
        .routes(routes!(identifiers::change_email))
        .routes(routes!(identifiers::change_phone))
        .routes(routes!(
            metadata::get_user_metadata,
            metadata::update_user_metadata
        ))
        .routes(routes!(passkeys::devices::list_devices))
        .routes(routes!(passkeys::devices::start_adding_device))
        .routes(routes!(passkeys::devices::finish_adding_device))
        .routes(routes!(
            passkeys::devices::rename_device,
            passkeys::devices::remove_device
        ))
        .routes(routes!(sessions::refresh_tokens, sessions::revoke_tokens))
        .routes(routes!(
            sessions::list_sessions,
            sessions::end_other_sessions
        ))
        .routes(routes!(sessions::end_session))
        .routes(routes!(events::list_events))
        .routes(routes!(social_connections::list_social_connections))
        .routes(routes!(social_connections::remove_social_connection))
        .routes(routes!(
            gateways::verify_session,
            gateways::verify_session_of_post
        ))
        .routes(routes!(flex::start_flex_registration))
        .routes(routes!(flex::finish_flex_registration))
        .routes(routes!(flex::start_flex_authentication))
        .routes(routes!(flex::finish_flex_authentication))
        .routes(routes!(keys::get_jwks))
        .routes(routes!(keys::get_openid_configuration))
}

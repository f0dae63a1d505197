//! The management API: what back ends call (`passage/management-api.md`).

pub mod apps;
pub mod devices;
pub mod flex;
pub mod user_info;
pub mod users;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// All its routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(apps::get_management_app))
        .routes(routes!(apps::create_test_app))
        .routes(routes!(users::list_users))
        .routes(routes!(users::get_user))
        .routes(routes!(devices::list_user_devices))
        .routes(routes!(devices::revoke_user_device))
        .routes(routes!(flex::create_register_transaction))
        .routes(routes!(flex::create_authenticate_transaction))
        .routes(routes!(flex::verify_nonce))
}

//! The management API: what back ends call (`passage/management-api.md`).

pub mod apps;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// All its routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(apps::get_management_app))
        .routes(routes!(apps::create_test_app))
}

mod ginnel;

async fn login() -> axum::response::Html<&'static str> {
    axum::response::Html(include_str!("../static/login.html"))
}

async fn me(headers: http::HeaderMap) -> Result<String, (http::StatusCode, String)> {
    ginnel::user_id(&headers)
        .await
        .map_err(|error| (http::StatusCode::UNAUTHORIZED, error.to_string()))
}

// Where the router is made:
//     .route("/login", axum::routing::get(login))
//     .route("/api/me", axum::routing::get(me))

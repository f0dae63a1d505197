//! The quick start's handler with axum, as a program.

use std::error::Error;

use tokio::net::TcpListener;

// [quickstart]
use std::env;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use ginnel_sdk::Ginnel;

async fn example_handler(
    State(ginnel): State<Ginnel>,
    headers: HeaderMap,
) -> Result<String, StatusCode> {
    match ginnel.authenticate_request(&headers).await {
        // The request is this user's.
        Ok(user_id) => Ok(user_id),
        // Nobody is signed in.
        Err(_) => Err(StatusCode::UNAUTHORIZED),
    }
}
// [/quickstart]

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").unwrap_or_else(|_| "8080".into());
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    // [quickstart]
    let ginnel = Ginnel::new(env::var("GINNEL_APP_ID").unwrap_or_default())?;
    let app = Router::new()
        .route("/authenticatedRoute", get(example_handler))
        .with_state(ginnel);
    // [/quickstart]
    axum::serve(listener, app).await?;
    Ok(())
}

//! Reads the settings and starts the app.

mod pages;
mod site;
#[cfg(test)]
mod tests;

use std::env;
use std::process::ExitCode;

use ginnel_sdk::Ginnel;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    match dotenvy::from_path(".env") {
        Err(error) if !error.not_found() => return Err(format!(".env cannot be read: {error}.")),
        _ => {}
    }
    let port = env::var("PORT").unwrap_or_default();
    let port: u16 = match port.as_str() {
        "" => 8080,
        port => port
            .parse()
            .map_err(|_| format!("PORT is {port:?}; set it to a number such as 8080 in .env."))?,
    };
    let ginnel = Ginnel::new(env::var("GINNEL_APP_ID").unwrap_or_default());
    let ginnel = ginnel.map_err(|error| {
        format!(
            "{error}\n\
             Make an application where Ginnel was started, and put its id into .env as GINNEL_APP_ID:\n  \
             ginnel app create --name \"axum example\" --auth-origin http://localhost:{port} --redirect-url /dashboard"
        )
    })?;

    let unusable =
        |error| format!("Port {port} cannot be used ({error}); set another PORT in .env.");
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(unusable)?;
    let port = listener.local_addr().map_err(unusable)?.port();
    println!("Open http://localhost:{port}");
    axum::serve(listener, site::router(ginnel))
        .await
        .map_err(|error| error.to_string())
}

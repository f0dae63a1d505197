//! For which `Host` this server answers, and what `/v1/…` means there.
//!
//! Passage served `/v1/…` of its two APIs on two host names; a request for `/v1/…` is routed by its exact `Host`. Any
//! name that is not configured is answered 421, so that a page on a foreign name that points here (DNS rebinding) gets
//! nothing, except for the files that make telephones trust an app (`association_files.rs`): those are asked for on the host
//! that is an app's RP ID, and say nothing that is not public there. A trailing slash means the same path without it: old packages write one, and a redirect would lose the body.

use axum::extract::{Request, State};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::association_files;
use crate::app::App;
use crate::config::Config;
use crate::error::{Code, Error};

/// What a `Host` is to this server.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Face {
    /// `public_url`, or a loopback name while that is loopback.
    Own,
    /// `/v1/…` is the authentication API.
    Auth,
    /// `/v1/…` is the management API.
    Management,
    /// The Console.
    Console,
}

/// Middleware: refuses foreign hosts, maps `/v1/…`, trims trailing slashes.
pub async fn check(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Probes of load balancers name an address, and learn nothing but health.
    let is_probe = matches!(path, "/healthz" | "/readyz");
    // The files for a host are made of the apps whose RP ID it is.
    let is_for_host = association_files::PATHS.contains(&path);
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let host = request.uri().authority().map_or(host, Authority::as_str);
    if request.headers().get_all(header::HOST).iter().count() > 1 {
        // RFC 9112 §3.2.
        return Error::invalid("The request names more than one host. Send one `Host`.")
            .into_response();
    }
    let face = match face(&app.config, host) {
        Some(face) => face,
        None if is_probe || is_for_host => Face::Own,
        None => {
            let message = format!(
                "This server does not answer for the host `{}`. Use {}, or add the name to `auth_hosts` or `management_hosts`.",
                host.escape_default(),
                app.config.public_origin()
            );
            return Error::new(Code::MisdirectedRequest, message).into_response();
        }
    };
    if let Some(mapped) = map_path(face, path) {
        let query = request
            .uri()
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let Ok(path_and_query) = PathAndQuery::try_from(format!("{mapped}{query}")) else {
            return Error::invalid("The address cannot be read.").into_response();
        };
        *request.uri_mut() = Uri::from(path_and_query);
    }
    next.run(request).await
}

/// Middleware of a listener that exists on loopback only: refuses every other name.
pub async fn check_loopback(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    if is_loopback(host) {
        return next.run(request).await;
    }
    let message = format!(
        "This page answers for localhost only, not for `{}`.",
        host.escape_default()
    );
    Error::new(Code::MisdirectedRequest, message).into_response()
}

fn is_loopback(host: &str) -> bool {
    // A user name before the host belongs into no `Host` (RFC 9110 §7.2).
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let port = host.strip_prefix(authority.host());
    // The parser takes any text for a port.
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]")
        && port.is_some_and(|port| port.strip_prefix(':').map_or(port.is_empty(), is_port))
}

fn face(config: &Config, host: &str) -> Option<Face> {
    let host = host.to_ascii_lowercase();
    let bare = host
        .strip_suffix(":443")
        .or_else(|| host.strip_suffix(":80"))
        // There is one port, so what is left has none.
        .filter(|name| !name.contains(':') || name.ends_with(']'))
        .unwrap_or(&host);
    let lists = |hosts: &[String]| hosts.iter().any(|known| *known == host || known == bare);
    if lists(&config.auth_hosts) {
        Some(Face::Auth)
    } else if lists(&config.management_hosts) {
        Some(Face::Management)
    } else if lists(&config.console_hosts) {
        Some(Face::Console)
    } else if is_own(config, &host, bare) {
        Some(Face::Own)
    } else {
        None
    }
}

fn is_own(config: &Config, host: &str, bare: &str) -> bool {
    let own = config.public_host();
    host == own || bare == own || (config.is_loopback() && is_loopback(host))
}

/// The path to route by, if it differs from the one that was asked for.
fn map_path(face: Face, path: &str) -> Option<String> {
    let trimmed = if path.len() > 1 {
        path.trim_end_matches('/')
    } else {
        path
    };
    let trimmed = if trimmed.is_empty() { "/" } else { trimmed };
    let prefix = match face {
        Face::Auth => "/auth",
        Face::Management => "/api",
        Face::Own | Face::Console => "",
    };
    let prefix = if trimmed == "/v1" || trimmed.starts_with("/v1/") {
        prefix
    } else {
        ""
    };
    (!prefix.is_empty() || trimmed.len() != path.len()).then(|| format!("{prefix}{trimmed}"))
}

/// Judges any `Host`, for the fuzz targets: what is answered is a name from a list, or this machine's.
#[cfg(any(test, fuzzing))]
pub(crate) fn check_face(host: &str) {
    let config = Config::default();
    let lower = host.to_ascii_lowercase();
    let name = match lower.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => &lower,
    };
    let expected: &[&str] = match face(&config, host) {
        None => return,
        Some(Face::Own) => &["localhost", "127.0.0.1", "[::1]"],
        Some(Face::Auth) => &["auth.passage.id"],
        Some(Face::Management) => &["api.passage.id"],
        Some(Face::Console) => &["console.passage.id"],
    };
    assert!(expected.contains(&name), "{host:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_mapped_by_host() {
        assert_eq!(
            map_path(Face::Auth, "/v1/apps/x/tokens/").as_deref(),
            Some("/auth/v1/apps/x/tokens")
        );
        assert_eq!(
            map_path(Face::Management, "/v1/apps/x").as_deref(),
            Some("/api/v1/apps/x")
        );
        assert_eq!(map_path(Face::Own, "/v1/apps/x"), None);
        assert_eq!(map_path(Face::Own, "/auth/v1/apps/x"), None);
        assert_eq!(map_path(Face::Own, "/"), None);
        assert_eq!(map_path(Face::Auth, "/v1x"), None);
        assert_eq!(map_path(Face::Own, "//").as_deref(), Some("/"));
    }

    #[test]
    fn only_own_and_listed_hosts_are_answered() {
        let local = Config::default();
        for host in [
            "localhost:8400",
            "LOCALHOST:8400",
            "127.0.0.1:9000",
            "[::1]:8400",
        ] {
            assert_eq!(face(&local, host), Some(Face::Own), "{host}");
        }
        assert_eq!(face(&local, "auth.passage.id"), Some(Face::Auth));
        assert_eq!(face(&local, "api.passage.id:443"), Some(Face::Management));
        let foreign = [
            "",
            "evil.example",
            "localhost.evil.example",
            "auth.passage.id.evil.example",
            "localhost:8400@evil.example",
            "evil.example@localhost:8400",
            "localhost:8400:80",
            "localhost:8$00",
            "localhost:+80",
            "192.168.0.4:8400",
        ];
        for host in foreign {
            assert_eq!(face(&local, host), None, "{host}");
        }
        let mut public = Config::default();
        public.public_url = "https://login.example.com".parse().unwrap();
        assert_eq!(face(&public, "login.example.com"), Some(Face::Own));
        assert_eq!(face(&public, "login.example.com:443"), Some(Face::Own));
        assert_eq!(face(&public, "login.example.com:8443"), None);
        assert_eq!(face(&public, "localhost"), None);
    }
}

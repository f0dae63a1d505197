use std::env;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use http::HeaderMap;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use tokio::sync::Mutex;

pub type Error = Box<dyn std::error::Error + Send + Sync>;

static APP_ID: LazyLock<String> =
    LazyLock::new(|| env::var("GINNEL_APP_ID").unwrap_or_else(|_| "YOUR_APP_ID".into()));
static ISSUER: LazyLock<String> = LazyLock::new(|| {
    let server = env::var("GINNEL_URL").unwrap_or_else(|_| "YOUR_SERVER".into());
    format!("{server}/auth/v1/apps/{}", *APP_ID)
});
static KEYS: Mutex<Option<(Instant, JwkSet)>> = Mutex::const_new(None);

#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
}

/// The id of the user who sent the request, from its Authorization header or its cookie psg_auth_token. An error means
/// that nobody is signed in: answer 401.
pub async fn user_id(headers: &HeaderMap) -> Result<String, Error> {
    let token = token(headers).ok_or("not signed in")?;
    let key_id = decode_header(token)?.kid.ok_or("the token names no key")?;
    let mut validation = Validation::new(Algorithm::YOUR_ALGORITHM);
    validation.set_issuer(&[&*ISSUER]);
    validation.set_audience(&[&*APP_ID]);
    validation.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
    validation.validate_nbf = true;
    let claims = decode::<Claims>(token, &key(&key_id).await?, &validation)?.claims;
    Ok(claims.sub)
}

fn token(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = headers.get("authorization") {
        return value.to_str().ok()?.strip_prefix("Bearer ");
    }
    let cookies = headers
        .get_all("cookie")
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split("; "))
        .find_map(|cookie| cookie.strip_prefix("psg_auth_token="))
}

/// One of the app's keys. They are fetched again after 10 minutes, and for an unknown key at most every 30 seconds.
async fn key(id: &str) -> Result<DecodingKey, Error> {
    let mut keys = KEYS.lock().await;
    let is_fresh = keys.as_ref().is_some_and(|(fetched_at, set)| {
        let may_last = if set.find(id).is_some() { 600 } else { 30 };
        fetched_at.elapsed() < Duration::from_secs(may_last)
    });
    if !is_fresh {
        let request = reqwest::Client::new()
            .get(format!("{}/.well-known/jwks.json", *ISSUER))
            .timeout(Duration::from_secs(5));
        let set = request.send().await?.error_for_status()?.json().await?;
        *keys = Some((Instant::now(), set));
    }
    let (_, set) = keys.as_ref().expect("fetched above");
    let key = set.find(id).ok_or("the token's key is unknown")?;
    Ok(DecodingKey::from_jwk(key)?)
}

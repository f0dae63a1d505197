//! Judges recorded ceremonies as the server does, from the JSON of a request's body to the verdict: reads the cases from
//! standard input, and writes one verdict for each.
//!
//! `cargo run -p ginnel-webauthn --example ceremonies | cargo run -p ginnel --example judge`
//!
//! `docs/twins.md` says who else judges them. What the server adds to the verdict (whether the challenge is used, whose
//! app it is, whether the user may sign in) is not asked here.

use std::error::Error;
use std::io::Write;

use ginnel::domain::passkeys::{Passkey, verify_assertion, verify_creation};
use ginnel::http::auth::passkeys::authentication::FinishLogin;
use ginnel::http::auth::passkeys::registration::FinishRegistration;
use ginnel::ids::UserId;
use ginnel::time::Timestamp;
use ginnel_webauthn::{Expectation, UserVerification, base64url};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Case {
    name: String,
    ceremony: String,
    expected: Expected,
    credential: Option<Credential>,
    response: Value,
}

#[derive(Deserialize)]
struct Expected {
    #[serde(with = "base64url")]
    challenge: Vec<u8>,
    rp_id: String,
    origins: Vec<String>,
    user_verification: bool,
    top_origins: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Credential {
    #[serde(with = "base64url")]
    id: Vec<u8>,
    #[serde(with = "base64url")]
    public_key: Vec<u8>,
    sign_count: u32,
    backup_eligible: bool,
    user_id: UserId,
    discoverable: bool,
}

#[derive(Serialize)]
struct Verdict {
    name: String,
    accepted: bool,
    /// Why not.
    reason: Option<String>,
    /// What an accepted response says.
    found: Option<Value>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let cases: Vec<Case> = serde_json::from_reader(std::io::stdin().lock())?;
    let mut verdicts = Vec::with_capacity(cases.len());
    for case in cases {
        let found = match case.ceremony.as_str() {
            "registration" => registration(&case.expected, case.response),
            "authentication" => {
                let credential = case
                    .credential
                    .ok_or("an authentication without a credential")?;
                authentication(&case.expected, &credential, case.response)
            }
            other => return Err(format!("a ceremony called {other:?}").into()),
        };
        verdicts.push(Verdict {
            name: case.name,
            accepted: found.is_ok(),
            reason: found.as_ref().err().map(ToString::to_string),
            found: found.ok(),
        });
    }
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, &verdicts)?;
    writeln!(output)?;
    Ok(())
}

impl Expected {
    fn borrow(&self) -> Expectation<'_> {
        Expectation {
            challenge: &self.challenge,
            rp_id: &self.rp_id,
            origins: &self.origins,
            user_verification: if self.user_verification {
                UserVerification::Required
            } else {
                UserVerification::Preferred
            },
            top_origins: self.top_origins.as_deref(),
        }
    }
}

fn registration(expected: &Expected, response: Value) -> Result<Value, Box<dyn Error>> {
    let body = json!({"handshake_id": "", "handshake_response": response});
    let created = serde_json::from_value::<FinishRegistration>(body)?.decode()?;
    let verified = verify_creation(&created, &expected.borrow())?;
    Ok(json!({
        "credential_id": base64url::encode(&verified.credential_id),
        "public_key": base64url::encode(&verified.public_key),
        "aaguid": base64url::encode(&verified.aaguid),
        "sign_count": verified.sign_count,
        "user_verified": verified.user_verified,
        "backup_eligible": verified.backup_eligible,
        "backup_state": verified.backup_state,
    }))
}

fn authentication(
    expected: &Expected,
    credential: &Credential,
    response: Value,
) -> Result<Value, Box<dyn Error>> {
    let body = json!({"handshake_id": "", "handshake_response": response});
    let asserted = serde_json::from_value::<FinishLogin>(body)?.decode()?;
    let passkey = Passkey {
        id: "TwinsPasskey000000000000".parse()?,
        app_id: "TwinsApp0000000000000000".parse()?,
        user_id: credential.user_id.clone(),
        credential_id: credential.id.clone(),
        public_key: credential.public_key.clone(),
        sign_count: credential.sign_count,
        attachment: None,
        transports: Vec::new(),
        aaguid: [0; 16],
        attestation: String::new(),
        backup_eligible: credential.backup_eligible,
        backup_state: credential.backup_eligible,
        friendly_name: String::new(),
        usage_count: 0,
        last_login_at: None,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    };
    let verified = verify_assertion(
        &asserted,
        &passkey,
        credential.discoverable,
        &expected.borrow(),
    )?;
    Ok(json!({
        "sign_count": verified.sign_count,
        "user_verified": verified.user_verified,
        "backup_eligible": verified.backup_eligible,
        "backup_state": verified.backup_state,
    }))
}

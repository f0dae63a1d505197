//! What a new passkey is called until its owner says otherwise.

use ginnel_webauthn::VerifiedRegistration;

use crate::domain::user_agents::{self, system};

/// Password managers and platforms by the AAGUID that they publish (documents of the vendors).
const PROVIDERS: [(&str, &str); 9] = [
    ("fbfc3007154e4ecc8c0b6e020557d7bd", "iCloud Keychain"),
    (
        "ea9b8d664d011d213ce4b6b48cb575d4",
        "Google Password Manager",
    ),
    ("adce000235bcc60a648b0b25f1f05503", "Chrome on Mac"),
    ("08987058cadc4b81b6e130de50dcbe96", "Windows Hello"),
    ("9ddd1817af5a4672a2b93e3dd95000a9", "Windows Hello"),
    ("6028b017b1d44c02b4b3afcdafc96bb2", "Windows Hello"),
    ("bada5566a7aa401fbd9645619a55120d", "1Password"),
    ("d548826e79b4db40a3d811116f7e8349", "Bitwarden"),
    ("531126d6e717415c93203d9aa6981239", "Dashlane"),
];

/// A name from the authenticator's model, else from the browser's words.
pub fn friendly_name(
    verified: &VerifiedRegistration,
    is_removable: bool,
    user_agent: &str,
) -> String {
    let aaguid: String = verified
        .aaguid
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if let Some((_, name)) = PROVIDERS.iter().find(|(known, _)| *known == aaguid) {
        return (*name).to_owned();
    }
    if is_removable && !verified.backup_eligible {
        return "Security key".to_owned();
    }
    match (user_agents::describe(user_agent), system(user_agent)) {
        (Some(device), _) => device,
        (None, Some(system)) => format!("Passkey on {system}"),
        (None, None) => "Passkey".to_owned(),
    }
}

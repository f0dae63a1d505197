//! What a new passkey is called until its owner says otherwise.

use ginnel_webauthn::VerifiedRegistration;

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
    match (browser(user_agent), system(user_agent)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (None, Some(system)) => format!("Passkey on {system}"),
        _ => "Passkey".to_owned(),
    }
}

fn browser(user_agent: &str) -> Option<&'static str> {
    // The order matters: each of these carries the words of those after it.
    [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]
    .into_iter()
    .find_map(|(word, name)| user_agent.contains(word).then_some(name))
}

fn system(user_agent: &str) -> Option<&'static str> {
    [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]
    .into_iter()
    .find_map(|(word, name)| user_agent.contains(word).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_common_browsers() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(
            (browser(edge), system(edge)),
            (Some("Edge"), Some("Windows"))
        );
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1";
        assert_eq!(
            (browser(safari), system(safari)),
            (Some("Safari"), Some("iPhone"))
        );
        assert_eq!((browser("curl/8"), system("curl/8")), (None, None));
    }
}

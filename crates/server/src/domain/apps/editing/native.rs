//! Apps on telephones as a person typed them, checked: Android by package and signing certificate, iOS by team and bundle.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Error, Result};

/// What Android sends as origin begins so.
const START: &str = "android:apk-key-hash:";

/// Longest package name, characters (Android's manifest has the same limit).
const PACKAGE_MAX: usize = 223;

/// Longest bundle identifier, characters (App Store Connect).
const BUNDLE_MAX: usize = 155;

/// An Android app: its package and the SHA-256 fingerprint of its signing certificate, with a space between. The fingerprint
/// is put into Google's spelling, `AB:CD:…`.
pub fn android_app(text: &str) -> Result<String> {
    let mut words = text.split_whitespace();
    let (Some(package), Some(typed), None) = (words.next(), words.next(), words.next()) else {
        return Err(Error::invalid(format!(
            "`{}` names no Android app. Write its package and the SHA-256 fingerprint of its signing certificate, with a space between: `com.example.app AB:CD:…`.",
            shown(text)
        )));
    };
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let is_package =
        package.len() <= PACKAGE_MAX && package.contains('.') && package.split('.').all(is_part);
    if !is_package {
        return Err(Error::invalid(format!(
            "`{}` is no Android package name. Copy the applicationId from the app's build file, such as `com.example.app`.",
            shown(package)
        )));
    }
    let hash = fingerprint(typed).ok_or_else(|| {
        let is_sha1 = hexadecimal(typed).is_some_and(|bytes| bytes.len() == 20);
        let what = if is_sha1 { "is a SHA-1 fingerprint" } else { "is no SHA-256 fingerprint" };
        Error::invalid(format!(
            "`{}` {what}. Copy the line SHA256 that `keytool -list -v` or the Play Console prints: 32 bytes, `AB:CD:…`.",
            shown(typed)
        ))
    })?;
    let bytes: Vec<_> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(format!("{package} {}", bytes.join(":")))
}

/// An iOS app: its team's id, a dot, and its bundle identifier.
pub fn ios_app(text: &str) -> Result<String> {
    let text = text.trim();
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_app = |(team, bundle): (&str, &str)| {
        team.len() == 10
            && team
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && bundle.len() <= BUNDLE_MAX
            && bundle.split('.').all(is_part)
    };
    if text.split_once('.').is_some_and(is_app) {
        return Ok(text.to_owned());
    }
    Err(Error::invalid(format!(
        "`{}` names no iOS app. Write the ten characters of its Team ID, a dot, and its bundle identifier: `A1B2C3D4E5.com.example.app`. Both stand in the app's identifier at developer.apple.com.",
        shown(text)
    )))
}

/// The origin of a native client, as Android sends it: `android:apk-key-hash:` and the SHA-256 of the signing certificate.
/// The fingerprint in hexadecimal, as Google's tools print it, is turned into that.
pub fn native_origin(text: &str) -> Result<String> {
    let text = text.trim();
    if let Some(hash) = fingerprint(text) {
        return Ok(key_hash(&hash));
    }
    let hash = text
        .strip_prefix(START)
        .and_then(|hash| URL_SAFE_NO_PAD.decode(hash).ok());
    if hash.is_some_and(|hash| hash.len() == 32) {
        return Ok(text.to_owned());
    }
    Err(Error::invalid(format!(
        "`{}` names no Android app. Paste the SHA-256 fingerprint of its signing certificate (`AB:CD:…`, 32 bytes), or `{START}` and its base64url.",
        shown(text)
    )))
}

/// The bytes of a text in hexadecimal, colons between them or not.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<_> = text.bytes().filter(|byte| *byte != b':').collect();
    let digits = std::str::from_utf8(&digits).ok()?;
    if digits.len() % 2 != 0 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// The SHA-256 of a certificate, as Google's tools print it.
pub(in crate::domain::apps) fn fingerprint(text: &str) -> Option<[u8; 32]> {
    hexadecimal(text)?.try_into().ok()
}

/// The origin of Android apps that are signed with a certificate.
pub(in crate::domain::apps) fn key_hash(hash: &[u8; 32]) -> String {
    format!("{START}{}", URL_SAFE_NO_PAD.encode(hash))
}

/// What was typed, short enough for a sentence.
fn shown(text: &str) -> String {
    let text: String = text.chars().take(100).collect();
    text.escape_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_of_android_apps_get_one_spelling() {
        let bare = "ab".repeat(32);
        let stored = format!("com.example.app {}", ["AB"; 32].join(":"));
        for typed in [
            format!("com.example.app {bare}"),
            format!("  com.example.app\t{}", ["aB"; 32].join(":")),
            stored.clone(),
        ] {
            assert_eq!(android_app(&typed).unwrap(), stored);
        }
        let origin = "android:apk-key-hash:q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s";
        assert_eq!(native_origin(&bare).unwrap(), origin);
        assert_eq!(native_origin(origin).unwrap(), origin);
    }

    #[test]
    fn what_is_wrong_with_an_android_app_is_said() {
        let hash = "AB".repeat(32);
        for (typed, sentence) in [
            (String::new(), "names no Android app"),
            ("com.example.app".to_owned(), "with a space between"),
            (hash.clone(), "names no Android app"),
            (
                format!("com.example.app {hash} {hash}"),
                "names no Android app",
            ),
            (format!("example {hash}"), "is no Android package name"),
            (format!("com.1example {hash}"), "is no Android package name"),
            (format!("com..example {hash}"), "is no Android package name"),
            (format!("com.éxample {hash}"), "is no Android package name"),
            (format!("com.ex-ample {hash}"), "is no Android package name"),
            (
                format!("com.example.app {}", "AB".repeat(20)),
                "is a SHA-1 fingerprint",
            ),
            (
                format!("com.example.app {}", "A".repeat(63)),
                "is no SHA-256 fingerprint",
            ),
            (
                format!("com.example.app {}", "é".repeat(32)),
                "is no SHA-256 fingerprint",
            ),
        ] {
            let refused = android_app(&typed).unwrap_err();
            assert!(
                refused.message().contains(sentence),
                "{typed}: {}",
                refused.message()
            );
        }
    }

    #[test]
    fn ios_apps_are_named_by_team_and_bundle() {
        assert_eq!(
            ios_app(" A1B2C3D4E5.com.example.my-app ").unwrap(),
            "A1B2C3D4E5.com.example.my-app"
        );
        for wrong in [
            "",
            "com.example.app",
            "A1B2C3D4E5",
            "A1B2C3D4E5.",
            "a1b2c3d4e5.com.example",
            "A1B2C3D4E5.com..example",
            "A1B2C3D4E5.com.exa mple",
            "A1B2C3D4E5.com.example/",
            "A1B2C3D4E5.*",
        ] {
            let refused = ios_app(wrong).unwrap_err();
            assert!(refused.message().contains("Team ID"), "{wrong}");
        }
    }
}

//! What a browser's own words say of it, for people to recognise their devices by.

/// Such as `Chrome on Windows`; `None` if either is not known.
pub fn describe(user_agent: &str) -> Option<String> {
    Some(format!(
        "{} on {}",
        browser(user_agent)?,
        system(user_agent)?
    ))
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

/// The operating system, or the device that tells it.
pub fn system(user_agent: &str) -> Option<&'static str> {
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
        assert_eq!(describe(edge).as_deref(), Some("Edge on Windows"));
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1";
        assert_eq!(describe(safari).as_deref(), Some("Safari on iPhone"));
        assert_eq!(describe("curl/8"), None);
    }
}

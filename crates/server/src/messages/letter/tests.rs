//! Every kind of letter in every language: complete, escaped, and with its secrets only where they belong.

use std::collections::BTreeMap;

use super::words::{Words, leaves, source};
use super::*;

const LINK: &str = "https://acme.example/login?from=mail&psg_magic_link=Zk3vQ8hXw2nT5yBd";
const CODE: &str = "482913";

/// A letter that carries everything, also what its kind must not show.
fn letter(kind: Kind, language: Language) -> Letter {
    Letter {
        kind,
        language,
        to: "ada@example.com".to_owned(),
        app_name: "Acme".to_owned(),
        link: Some(LINK.to_owned()),
        link_minutes: Some(15),
        code: Some(CODE.to_owned()),
        code_minutes: Some(5),
        detail: Some("Blue key".to_owned()),
        device: Some("Chrome on Windows".to_owned()),
        host: None,
    }
}

fn all() -> impl Iterator<Item = Letter> {
    Kind::ALL.into_iter().flat_map(|kind| {
        Language::ALL
            .into_iter()
            .map(move |language| letter(kind, language))
    })
}

fn asks(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::SignIn | Kind::SignUp | Kind::VerifyAddress | Kind::ChangeAddress
    )
}

#[test]
fn links_and_codes_stand_where_they_belong() {
    for letter in all() {
        let (kind, language) = (letter.kind, letter.language);
        let Rendered {
            subject,
            text,
            html,
        } = letter.render().unwrap();
        let case = format!("{kind:?} in {language:?}:\n{subject}\n{text}\n{html}");
        let has_link = kind != Kind::AccountDeactivated;
        assert_eq!(text.lines().any(|line| line == LINK), has_link, "{case}");
        let href = format!("href=\"{}\"", LINK.replace('&', "&amp;"));
        // Once as the button, once as an address that can be copied.
        let count = if has_link { 2 } else { 0 };
        assert_eq!(html.matches(&href).count(), count, "{case}");
        assert_eq!(
            text.lines().any(|line| line.trim() == CODE),
            asks(kind),
            "{case}"
        );
        assert_eq!(html.contains(&format!(">{CODE}<")), asks(kind), "{case}");
        assert_eq!(text.contains(CODE), asks(kind), "{case}");
        // The subject and the preheader are seen on locked screens.
        let body = html.find("<h1").unwrap();
        for seen in [subject.as_str(), &html[..body]] {
            assert!(!seen.contains(CODE) && !seen.contains("Zk3v"), "{case}");
        }
        assert!(
            text.contains("Windows") && html.contains("Windows"),
            "{case}"
        );
        for part in [&subject, &text, &html] {
            assert!(!part.contains("{{") && !part.contains("{%"), "{case}");
            // What minijinja makes of a value that is missing.
            assert!(
                !part.contains(">none<")
                    && !part.contains(
                        "
none
"
                    ),
                "{case}"
            );
            assert!(part.contains("Acme"), "{case}");
        }
        assert!(!text.contains("\n\n\n"), "{case}");
        assert!(html.len() < 30_000, "{} bytes", html.len());
        assert!(html.starts_with("<!doctype html>"), "{case}");
        assert!(
            !html.contains("src=") && !html.contains("@import"),
            "{case}"
        );
    }
}

#[test]
fn nothing_from_outside_is_markup_or_a_line_of_its_own() {
    for mut letter in all() {
        letter.app_name = "Tom & \"Co\"\r\nBcc: eve@example.com\u{202e}".to_owned();
        letter.detail = Some("<script>alert('x')</script>\nhttps://evil.example".to_owned());
        letter.device = Some("<img onerror=x> on {{ app }}".to_owned());
        letter.link = Some("https://acme.example/?a=\"><b>".to_owned());
        let rendered = letter.render().unwrap();
        let Rendered {
            subject,
            text,
            html,
        } = &rendered;
        assert!(
            subject.contains("Tom & \"Co\" Bcc: eve@example.com"),
            "{subject}"
        );
        assert!(!subject.contains(char::is_control), "{subject}");
        assert!(html.contains("Tom &amp; &quot;Co&quot; Bcc:"), "{html}");
        for markup in ["<script", "<img", "<b>", "Tom & ", "\u{202e}"] {
            assert!(!html.contains(markup), "{markup} in {html}");
        }
        assert!(
            text.contains("<img onerror=x>") && text.contains("{{ app }}"),
            "{text}"
        );
        for entity in ["&amp;", "&lt;", "&gt;", "&quot;", "&#"] {
            assert!(!text.contains(entity), "{text}");
        }
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        // Mail programs make links of addresses that they find.
        assert!(
            !text.contains("https://evil") && !text.contains("evil.example"),
            "{text}"
        );
        if letter.kind == Kind::PasskeyAdded {
            assert!(
                html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; https:"),
                "{html}"
            );
        }
    }
    let mut long = letter(Kind::PasskeyAdded, Language::En);
    long.detail = Some("名".repeat(10_000));
    let rendered = long.render().unwrap();
    assert!(rendered.text.contains(&format!("“{}…”", "名".repeat(79))));
}

#[test]
fn what_a_letter_lacks_is_left_out() {
    for mut letter in all() {
        let full = letter.render().unwrap();
        letter.link = None;
        letter.link_minutes = None;
        letter.code = None;
        letter.code_minutes = None;
        letter.device = None;
        let bare = letter.render().unwrap();
        assert!(!bare.html.contains("href="), "{}", bare.html);
        assert!(!bare.html.contains("class=\"code\""), "{}", bare.html);
        assert!(
            !bare.text.contains("Chrome") && !bare.text.contains("\n\n\n"),
            "{}",
            bare.text
        );
        assert!(full.text.lines().count() > bare.text.lines().count());
    }
    // A sentence with a hole is worse than a failure that is seen.
    let mut nameless = letter(Kind::PasskeyAdded, Language::En);
    nameless.detail = None;
    let error = nameless.render().unwrap_err();
    assert!(format!("{error:?}").contains("{{ passkey }}"), "{error:?}");
}

#[test]
fn every_language_has_every_phrase_and_placeholder() {
    /// The placeholders of each phrase; the plural forms of times differ by language.
    fn placeholders(language: Language) -> BTreeMap<String, Vec<String>> {
        let table: toml::Table = toml::from_str(source(language)).unwrap();
        leaves(&table)
            .into_iter()
            .filter(|(place, _)| !place.starts_with("time."))
            .map(|(place, phrase)| {
                assert!(
                    !phrase.trim().is_empty() && !phrase.contains('\n'),
                    "{place}"
                );
                let mut names: Vec<String> = phrase
                    .split("{{")
                    .skip(1)
                    .map(|rest| rest.split_once("}}").unwrap().0.trim().to_owned())
                    .collect();
                names.sort_unstable();
                names.dedup();
                (place, names)
            })
            .collect()
    }
    let english = placeholders(Language::En);
    assert_eq!(
        english["letter.passkey_added.paragraphs.0"],
        ["app", "passkey"]
    );
    for language in Language::ALL {
        assert_eq!(placeholders(language), english, "{language:?}");
        // No sentence was left as it is in English.
        let same = |place: &str| {
            let at = |language| {
                let table: toml::Table = toml::from_str(source(language)).unwrap();
                leaves(&table)
                    .into_iter()
                    .find(|(found, _)| found == place)
                    .unwrap()
                    .1
            };
            at(language) == at(Language::En)
        };
        if language != Language::En {
            let left: Vec<_> = english.keys().filter(|place| same(place)).collect();
            assert!(left.is_empty(), "{language:?}: {left:?}");
        }
    }
}

#[test]
fn times_have_the_right_plural() {
    let of = |language: Language, minutes: [u32; 7]| {
        minutes.map(|count| Words::of(language).time(language, count).unwrap())
    };
    let minutes = [1, 2, 5, 15, 60, 90, 2880];
    assert_eq!(
        of(Language::En, minutes),
        [
            "1 minute",
            "2 minutes",
            "5 minutes",
            "15 minutes",
            "1 hour",
            "90 minutes",
            "2 days"
        ]
    );
    assert_eq!(
        of(Language::De, minutes),
        [
            "1 Minute",
            "2 Minuten",
            "5 Minuten",
            "15 Minuten",
            "1 Stunde",
            "90 Minuten",
            "2 Tage"
        ]
    );
    assert_eq!(
        of(Language::Pt, minutes),
        [
            "1 minuto",
            "2 minutos",
            "5 minutos",
            "15 minutos",
            "1 hora",
            "90 minutos",
            "2 dias"
        ]
    );
    assert_eq!(
        of(Language::Zh, minutes),
        [
            "1 分钟",
            "2 分钟",
            "5 分钟",
            "15 分钟",
            "1 小时",
            "90 分钟",
            "2 天"
        ]
    );
    assert_eq!(
        of(Language::Pl, minutes),
        [
            "1 minutę",
            "2 minuty",
            "5 minut",
            "15 minut",
            "1 godzinę",
            "90 minut",
            "2 dni"
        ]
    );
    assert_eq!(
        of(Language::Pl, [12, 13, 21, 22, 112, 300, 180]),
        [
            "12 minut",
            "13 minut",
            "21 minut",
            "22 minuty",
            "112 minut",
            "5 godzin",
            "3 godziny"
        ]
    );
    let text = letter(Kind::SignIn, Language::Pl).render().unwrap().text;
    assert!(
        text.contains("Link działa tylko raz, przez 15 minut."),
        "{text}"
    );
    assert!(
        text.contains("Kod działa tylko raz, przez 5 minut."),
        "{text}"
    );
}

#[test]
fn a_code_stands_alone() {
    for language in Language::ALL {
        for kind in Kind::ALL.into_iter().filter(|kind| asks(*kind)) {
            let full = letter(kind, language).render().unwrap();
            let mut alone = letter(kind, language);
            alone.link = None;
            alone.link_minutes = None;
            let alone = alone.render().unwrap();
            let table: toml::Table = toml::from_str(source(language)).unwrap();
            let shared = |key: &str| table["shared"][key].as_str().unwrap().to_owned();
            for (intro, with_link, without) in [
                (shared("code_intro"), true, false),
                (shared("code_alone_intro"), false, true),
            ] {
                assert_eq!(full.text.contains(&intro), with_link, "{}", full.text);
                assert_eq!(alone.text.contains(&intro), without, "{}", alone.text);
                assert_eq!(alone.html.contains(&intro), without, "{}", alone.html);
            }
            assert!(alone.text.lines().any(|line| line.trim() == CODE));
            assert!(alone.html.contains(&format!(">{CODE}<")));
            assert!(!alone.text.contains("http") && !alone.html.contains("href="));
            assert_eq!(alone.subject, full.subject);
        }
    }
}

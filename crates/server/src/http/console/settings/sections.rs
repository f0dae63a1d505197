//! Which settings stand in which section of the settings page, and what is said of each.

use super::form::{Control, Field, Section};
use crate::domain::countries::COUNTRIES;

const fn field(name: &'static str, control: Control, hint: &'static str) -> Field {
    Field {
        name,
        control,
        hint,
        warning: "",
        example: "",
    }
}

const fn risky(
    name: &'static str,
    control: Control,
    hint: &'static str,
    warning: &'static str,
) -> Field {
    Field {
        warning,
        ..field(name, control, hint)
    }
}

const fn shown_by(
    name: &'static str,
    control: Control,
    hint: &'static str,
    example: &'static str,
) -> Field {
    Field {
        example,
        ..field(name, control, hint)
    }
}

const LANGUAGES: &[(&str, &str)] = &[
    ("de", "Deutsch"),
    ("en", "English"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("zh", "中文"),
];

const TYPES: &[(&str, &str)] = &[
    ("complete", "Complete: this server signs people in"),
    ("flex", "Flex: passkeys beside a login of your own"),
];

const IDENTIFIERS: &[(&str, &str)] = &[
    ("email", "E-mail addresses"),
    ("phone", "Phone numbers"),
    ("both", "Either"),
];

const REQUIRED: &[(&str, &str)] = &[
    ("either", "Either, as people like"),
    ("email", "An e-mail address"),
    ("phone", "A phone number"),
    ("both", "Both"),
];

const ALGORITHMS: &[(&str, &str)] = &[
    ("RS256", "RS256: what every package understands"),
    ("ES256", "ES256: short tokens, quickly made"),
    ("EdDSA", "EdDSA: the same, with Ed25519"),
];

/// All sections, as they stand on the page.
pub const SECTIONS: &[Section] = &[
    Section {
        id: "general",
        title: "General",
        about: "",
        fields: &[
            field(
                "name",
                Control::Text,
                "What people know your product by. Browsers show it when a passkey is made.",
            ),
            risky(
                "type",
                Control::Choice(TYPES),
                "A Flex app keeps its own login and sessions, and has only its users' passkeys here: its back end calls the management API with an API key.",
                "Another type closes the API of the one before: people who sign in here now could not any more. Changing it back opens it again.",
            ),
            field(
                "default_language",
                Control::Choice(LANGUAGES),
                "Of messages, where the page that caused them names none.",
            ),
        ],
    },
    Section {
        id: "addresses",
        title: "Addresses",
        about: "Where your pages run, and where people go.",
        fields: &[
            shown_by(
                "auth_origin",
                Control::Text,
                "Scheme, host and port of your pages. It is also the audience of auth tokens. It can move within the RP ID below.",
                "https://app.example.com",
            ),
            shown_by(
                "origins",
                Control::Lines,
                "Further origins on which your pages run, one a line, all within the RP ID.",
                "https://admin.example.com",
            ),
            shown_by(
                "redirect_url",
                Control::Text,
                "Where people go after signing in.",
                "/dashboard",
            ),
            shown_by(
                "login_url",
                Control::Text,
                "The page with the login element. Links in messages lead there.",
                "/login",
            ),
            shown_by(
                "login_paths",
                Control::Lines,
                "Paths of further pages with the element, one a line. A page may ask that its links lead to one of them.",
                "/join",
            ),
            shown_by(
                "top_origins",
                Control::Lines,
                "Sites that may embed your pages in a frame and still use passkeys, one a line. Usually there are none.",
                "https://partner.example",
            ),
        ],
    },
    Section {
        id: "native",
        title: "Apps on telephones",
        about: "Passkeys made on your site work in your apps, too, once both know of each other: list the apps here, and serve the association files that this server makes of the list under your own domain.",
        fields: &[
            shown_by(
                "android_apps",
                Control::Lines,
                "Package and SHA-256 fingerprint of the signing certificate of each Android app, with a space between, one a line.",
                "com.example.app AB:CD:…",
            ),
            shown_by(
                "ios_apps",
                Control::Lines,
                "Team ID and bundle identifier of each iOS app, with a dot between, one a line.",
                "A1B2C3D4E5.com.example.app",
            ),
            shown_by(
                "native_origins",
                Control::Lines,
                "Fingerprints of Android apps that no association file is to name, one a line. Usually there are none.",
                "AB:CD:…",
            ),
        ],
    },
    Section {
        id: "sign-in",
        title: "Sign-in methods",
        about: "Passkeys are always on. A link or a code is the way in on a device without a passkey. With both on, messages carry both, and the elements ask for the code.",
        fields: &[
            field(
                "magic_links",
                Control::Switch,
                "Sends a link that signs in whoever opens it.",
            ),
            field("magic_link_lifetime", Control::Time, "A minute to a day."),
            field(
                "one_time_codes",
                Control::Switch,
                "Sends six digits to be typed where they were asked for.",
            ),
            field("code_lifetime", Control::Time, "A minute to a day."),
        ],
    },
    Section {
        id: "sign-up",
        title: "Sign-up",
        about: "",
        fields: &[
            field(
                "public_signup",
                Control::Switch,
                "Anybody may register. Otherwise only users that your back end has made may sign in.",
            ),
            field(
                "allowed_identifier",
                Control::Choice(IDENTIFIERS),
                "What a new user may be named by. Nobody who has an account is turned away.",
            ),
            field(
                "required_identifier",
                Control::Choice(REQUIRED),
                "Where both are allowed: what people sign up with, and what they cannot remove from their account.",
            ),
            field(
                "default_country",
                Control::Choice(COUNTRIES),
                "Phone numbers that are written without a country are read as numbers of this one.",
            ),
            field(
                "identifier_verification",
                Control::Switch,
                "People prove their address or number by a link or code before they make a passkey, and sign in with one only then.",
            ),
        ],
    },
    Section {
        id: "users",
        title: "Users and their data",
        about: "Which fields a user has is set on the page “User fields”.",
        fields: &[
            risky(
                "profile_management",
                Control::Switch,
                "People may change their own address, number and fields, and rename and remove their passkeys. Otherwise only your team and your back end may; adding a passkey stays possible.",
                "Passage's profile element shows everything as read-only while this is off.",
            ),
            risky(
                "hide_user_existence",
                Control::Switch,
                "Nobody can ask whether an address or number has an account; the message says it to its owner alone.",
                "Passage's elements stop working: they ask first. Keep it off as long as pages use them.",
            ),
        ],
    },
    Section {
        id: "sessions",
        title: "Sessions and tokens",
        about: "Back ends check auth tokens by themselves; a refresh token buys the next one while the session lasts.",
        fields: &[
            field(
                "auth_token_lifetime",
                Control::Time,
                "10 seconds to a day. A back end that asks nobody believes a token until then, even if the session was ended.",
            ),
            field(
                "refresh",
                Control::Switch,
                "Browsers renew their auth token by themselves. Otherwise people sign in again when it expires.",
            ),
            field(
                "refresh_absolute_lifetime",
                Control::Time,
                "Then people sign in again, however often they came. Holds for sessions opened from now on.",
            ),
            field(
                "refresh_inactivity_lifetime",
                Control::Time,
                "A minute up to the time above.",
            ),
            shown_by(
                "token_metadata",
                Control::Lines,
                "Fields of the users' metadata that auth tokens carry as claims, one a line. Everybody who sees a token can read them.",
                "plan",
            ),
            risky(
                "algorithm",
                Control::Choice(ALGORITHMS),
                "Another algorithm takes over 48 hours after it was chosen, when every back end has fetched its key; tokens signed before stay good until they expire.",
                "Passage's packages take RS256 only.",
            ),
        ],
    },
    Section {
        id: "safety",
        title: "Safety",
        about: "",
        fields: &[
            risky(
                "recent_sign_in",
                Control::Time,
                "Adding and removing passkeys and changing an address or number need a sign-in this fresh; our elements ask for it. 0 switches the rule off.",
                "Passage's profile element and passkey table need 0, as they cannot ask for a new sign-in. Then a stolen token is enough to add a passkey.",
            ),
            field(
                "refuse_stale_counter",
                Control::Switch,
                "Turns a sign-in away whose signature counter did not grow: the security key may have been copied. It is in the activity in any case.",
            ),
            risky(
                "plain_links",
                Control::Switch,
                "The tab that asked is signed in as soon as anybody opens the link anywhere.",
                "Passage's elements need it on to go on in the tab that waits. But whoever asks for a link in another's name then needs only their click to get in.",
            ),
        ],
    },
    Section {
        id: "keys",
        title: "Signing keys",
        about: "What signs auth tokens. The next key is published two days before it signs, so that back ends know it in time.",
        fields: &[field(
            "key_rotation_days",
            Control::Number,
            "3 to 3650 days; 0 switches the schedule off.",
        )],
    },
];

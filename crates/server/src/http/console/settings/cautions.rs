//! What the settings of an app bring about as they are now, where that is easily overlooked.

use crate::app::App;
use crate::domain::apps::{AllowedIdentifier, AppRecord};
use crate::messages::Channel;

/// What is to be said at a setting; backticks stand around names.
pub fn of(app: &App, record: &AppRecord, name: &str) -> Option<String> {
    match name {
        "allowed_identifier" => no_text_messages(app, record),
        "one_time_codes" => passkeys_alone(record),
        "token_metadata" => unknown_claims(record),
        _ => None,
    }
}

fn no_text_messages(app: &App, record: &AppRecord) -> Option<String> {
    let takes_numbers = record.settings.allowed_identifier != AllowedIdentifier::Email;
    if !takes_numbers || app.config.has_carrier(Channel::Sms) {
        return None;
    }
    let said = if app.config.sends(Channel::Sms) {
        "This server sends no text messages yet: while it runs on this machine alone, they stay in the inbox. Set `sms_url` before others use it."
    } else {
        "This server sends no text messages: whoever has only a phone number signs in by passkey alone, and can prove nothing. Whoever runs the server has to set `sms_url`."
    };
    Some(said.to_owned())
}

fn passkeys_alone(record: &AppRecord) -> Option<String> {
    let settings = &record.settings;
    let is_alone = !settings.magic_links && !settings.one_time_codes;
    is_alone.then(|| {
        "Passkeys are the only way in now: whoever loses theirs is locked out, nobody signs in on a device that cannot have one, and users who were imported or made by a back end cannot prove that an address is theirs, so they do not get in at all.".to_owned()
    })
}

fn unknown_claims(record: &AppRecord) -> Option<String> {
    let settings = &record.settings;
    let is_field = |claim: &&String| {
        let mut fields = settings.metadata_schema.iter();
        fields.any(|field| field.field_name == **claim)
    };
    let claims = settings.token_metadata.iter();
    let unknown: Vec<_> = claims
        .filter(|claim| !is_field(claim))
        .map(|claim| format!("`{claim}`"))
        .collect();
    (!unknown.is_empty()).then(|| {
        format!(
            "The app has no user field {}. Check the spelling, or add the field: until then tokens carry it for nobody new.",
            unknown.join(", ")
        )
    })
}

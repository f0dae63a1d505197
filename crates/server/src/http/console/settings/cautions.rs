//! What the settings of an app bring about as they are now, where that is easily overlooked.

use crate::app::App;
use crate::domain::apps::AppRecord;

/// What is to be said at a setting; backticks stand around names.
pub fn of(_app: &App, record: &AppRecord, name: &str) -> Option<String> {
    match name {
        "one_time_codes" => passkeys_alone(record),
        "token_metadata" => unknown_claims(record),
        _ => None,
    }
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

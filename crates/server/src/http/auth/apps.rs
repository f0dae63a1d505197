//! App info: what a page needs to know of its app before anybody signs in.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use crate::domain::apps::{AllowedIdentifier, LoadedApp};
use crate::domain::magic_links::Offer;
use crate::domain::metadata::MetadataField;
use crate::error::Result;
use crate::http::caller::AnyAppCall;
use crate::http::respond::{self, ErrorBody};

/// Public facts of an app (`passage/auth-api.md` 3.1). Fields that older packages demand are always there.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppInfo {
    id: String,
    name: String,
    auth_origin: String,
    additional_auth_origins: Vec<String>,
    /// `email`, `phone` or `both`.
    allowed_identifier: AllowedIdentifierWord,
    /// `email`, `phone`, `both` or `either`.
    required_identifier: &'static str,
    /// `otp`, `magic_link` or `none`; deprecated mirror of `auth_methods`.
    auth_fallback_method: &'static str,
    /// Minutes; deprecated.
    auth_fallback_method_ttl: u32,
    /// In the authentication API the presence of a key switches the method on; in the management API all three are
    /// present, and `enabled` decides.
    #[schema(value_type = Object)]
    auth_methods: Json,
    /// Country of phone numbers that are written without one, ISO 3166-1 alpha-2.
    default_country: String,
    default_language: String,
    #[schema(value_type = Object)]
    element_customization: Json,
    #[schema(value_type = Object)]
    element_customization_dark: Json,
    /// Whether it is a test app that nobody has claimed yet.
    ephemeral: bool,
    /// Whether the app tells nobody who has an account.
    hide_user_existence: bool,
    #[schema(value_type = Object)]
    layouts: Json,
    /// Path of the page that carries the element.
    login_url: String,
    passage_branding: bool,
    profile_management: bool,
    public_signup: bool,
    /// Where people go after sign-in.
    redirect_url: String,
    refresh_enabled: bool,
    /// Seconds.
    refresh_absolute_lifetime: u32,
    /// Seconds.
    refresh_inactivity_lifetime: u32,
    require_email_verification: bool,
    require_identifier_verification: bool,
    /// Base64 of a PKCS#1 PEM; empty unless the app signs with RS256.
    rsa_public_key: String,
    /// Minutes that an auth token lives.
    session_timeout_length: u32,
    /// `complete`, or `flex` for passkeys beside a login of the app's own.
    #[schema(pattern = "^(complete|flex)$")]
    r#type: &'static str,
    #[schema(value_type = Object)]
    social_connections: Map<String, Json>,
    user_metadata_schema: Vec<MetadataField>,
}

/// Passage's words for the identifiers that an app takes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AllowedIdentifierWord {
    Email,
    Phone,
    Both,
}

impl AppInfo {
    /// The public facts of an app; the two APIs write its methods differently.
    pub fn of(app: &LoadedApp, offer: Offer, auth_methods: Json) -> Self {
        let settings = &app.settings;
        let (fallback, fallback_seconds) = match offer {
            Offer { codes: true, .. } => ("otp", settings.code_lifetime_seconds),
            Offer { links: true, .. } => ("magic_link", settings.magic_link_lifetime_seconds),
            _ => ("none", settings.magic_link_lifetime_seconds),
        };
        let allowed_identifier = match settings.allowed_identifier {
            AllowedIdentifier::Email => AllowedIdentifierWord::Email,
            AllowedIdentifier::Phone => AllowedIdentifierWord::Phone,
            AllowedIdentifier::Both => AllowedIdentifierWord::Both,
        };
        AppInfo {
            id: app.id.to_string(),
            name: app.name.clone(),
            auth_origin: app.auth_origin.to_string(),
            additional_auth_origins: settings
                .additional_auth_origins
                .iter()
                .map(ToString::to_string)
                .collect(),
            allowed_identifier,
            required_identifier: app.required_identifier().as_str(),
            auth_fallback_method: fallback,
            auth_fallback_method_ttl: fallback_seconds.div_ceil(60),
            auth_methods,
            default_country: settings.default_country.clone(),
            default_language: settings.default_language.clone(),
            element_customization: json!({}),
            element_customization_dark: json!({}),
            ephemeral: app.is_test_app(),
            hide_user_existence: settings.hide_user_existence,
            layouts: json!({
                "profile": layout(&settings.metadata_schema, |field| field.profile),
                "registration": layout(&settings.metadata_schema, |field| field.registration),
            }),
            login_url: settings.login_url.clone(),
            passage_branding: false,
            profile_management: settings.profile_management,
            public_signup: settings.public_signup,
            redirect_url: settings.redirect_url.clone(),
            refresh_enabled: settings.refresh_enabled,
            refresh_absolute_lifetime: settings.refresh_absolute_lifetime_seconds,
            refresh_inactivity_lifetime: settings.refresh_inactivity_lifetime_seconds,
            require_email_verification: settings.identifier_verification,
            require_identifier_verification: settings.identifier_verification,
            rsa_public_key: app.keys.rsa_public_key.clone(),
            session_timeout_length: settings.auth_token_lifetime_seconds.div_ceil(60),
            r#type: settings.app_type.as_str(),
            social_connections: Map::new(),
            user_metadata_schema: settings.metadata_schema.clone(),
        }
    }
}

/// Columns of Passage's grid. Its elements 2.0.9 draw six and cut what is wider.
const COLUMNS: usize = 12;

/// Where Passage's elements show some of the fields: one below the other, in their order.
fn layout(fields: &[MetadataField], is_shown: fn(&MetadataField) -> bool) -> Vec<Json> {
    let shown = fields.iter().filter(|field| is_shown(field)).enumerate();
    shown
        .map(|(row, field)| json!({ "id": field.id, "x": 0, "y": row, "w": COLUMNS, "h": 1 }))
        .collect()
}

/// Answer that wraps the app.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppAnswer {
    app: AppInfo,
}

/// App info, readable from any page.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}",
    tag = "apps",
    params(("app_id" = String, Path, description = "24 letters and digits")),
    responses((status = 200, body = AppAnswer), (status = 404, body = ErrorBody, description = "`app_not_found`"))
)]
pub async fn get_app(AnyAppCall(call): AnyAppCall) -> Result<respond::Json<AppAnswer>> {
    let (offer, settings) = (Offer::of(&call.app, &call.loaded), &call.loaded.settings);
    let mut methods = json!({ "passkeys": {} });
    if offer.links {
        let ttl = settings.magic_link_lifetime_seconds;
        methods["magic_link"] = json!({ "ttl": ttl, "ttl_display_unit": "m" });
    }
    if offer.codes {
        let ttl = settings.code_lifetime_seconds;
        methods["otp"] = json!({ "ttl": ttl, "ttl_display_unit": "m" });
    }
    Ok(respond::Json(AppAnswer {
        app: AppInfo::of(&call.loaded, offer, methods),
    }))
}

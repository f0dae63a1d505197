//! The browser's options, for `/openapi.json`: `ginnel-webauthn` writes them and knows nothing of descriptions.

use utoipa::ToSchema;

/// `PublicKeyCredentialCreationOptionsJSON` of WebAuthn Level 3 §5.1.8.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct CreationOptionsJson {
    /// Who asks.
    pub rp: RelyingPartyJson,
    /// Whose passkey it will be.
    pub user: UserEntityJson,
    /// Base64url; without `-` and `_`, so that it is base64 as well.
    pub challenge: String,
    /// Accepted algorithms, the preferred ones first.
    pub pub_key_cred_params: Vec<CredentialParameterJson>,
    /// Milliseconds.
    pub timeout: u32,
    /// Passkeys that the user has; their authenticators make no other one.
    pub exclude_credentials: Vec<DescriptorJson>,
    /// What the authenticator must be able to do.
    pub authenticator_selection: SelectionJson,
    /// Always `none`.
    pub attestation: String,
    /// Client extension inputs: none.
    #[schema(value_type = Object)]
    pub extensions: serde_json::Value,
}

/// `PublicKeyCredentialRequestOptionsJSON` of WebAuthn Level 3 §5.1.8.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct RequestOptionsJson {
    /// Base64url; without `-` and `_`, so that it is base64 as well.
    pub challenge: String,
    /// Milliseconds.
    pub timeout: u32,
    /// The RP ID.
    pub rp_id: String,
    /// The user's passkeys; empty when the passkey is to say who signs in.
    pub allow_credentials: Vec<DescriptorJson>,
    /// Always `required`.
    pub user_verification: String,
    /// Client extension inputs: none.
    #[schema(value_type = Object)]
    pub extensions: serde_json::Value,
}

/// `PublicKeyCredentialRpEntity`.
#[derive(ToSchema)]
pub struct RelyingPartyJson {
    /// The RP ID.
    pub id: String,
    /// The app's name.
    pub name: String,
}

/// `PublicKeyCredentialUserEntityJSON`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct UserEntityJson {
    /// The user handle, base64url.
    pub id: String,
    /// The user's address or number.
    pub name: String,
    /// The same.
    pub display_name: String,
}

/// `PublicKeyCredentialParameters`.
#[derive(ToSchema)]
pub struct CredentialParameterJson {
    /// COSE algorithm identifier.
    pub alg: i64,
    /// Always `public-key`.
    pub r#type: String,
}

/// `PublicKeyCredentialDescriptorJSON`.
#[derive(ToSchema)]
pub struct DescriptorJson {
    /// Base64url.
    pub id: String,
    /// Always `public-key`.
    pub r#type: String,
    /// How its authenticator can be reached; absent if nothing is known.
    #[schema(required = false)]
    pub transports: Vec<String>,
}

/// `AuthenticatorSelectionCriteria`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct SelectionJson {
    /// Absent if either will do.
    #[schema(required = false)]
    pub authenticator_attachment: String,
    /// Always `required`.
    pub resident_key: String,
    /// Always true.
    pub require_resident_key: bool,
    /// Always `required`.
    pub user_verification: String,
}

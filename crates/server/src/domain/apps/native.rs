//! Apps on telephones: which origins their passkeys name, and what makes Android and iOS trust app and domain to belong
//! together.
//!
//! Android asks the RP ID's host for a statement list (Digital Asset Links, `/.well-known/assetlinks.json`), iOS for an
//! association file (Apple's "Supporting associated domains", `/.well-known/apple-app-site-association`). Both are made of
//! the app's settings here.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::editing::native::{fingerprint, key_hash};
use super::{AppRecord, Settings};
use crate::app::App;
use crate::error::Result;

/// What a site lets an Android app do: use its passkeys, and open its links.
const RELATIONS: [&str; 2] = [
    "delegate_permission/common.get_login_creds",
    "delegate_permission/common.handle_all_urls",
];

/// Query parameters of the links in mails (`passage/tokens-and-browser.md` B2).
const LINK_PARAMETERS: [&str; 2] = ["psg_magic_link", "psg_verify_link"];

/// Origins that client data from the app's own apps on telephones names. Android sends the hash of the certificate; iOS
/// `https://` and the RP ID, which is allowed only where there is an iOS app.
pub(super) fn origins(rp_id: &str, settings: &Settings) -> Vec<String> {
    let android = settings.android_apps.iter().filter_map(|app| {
        let (_, certificate) = app.split_once(' ')?;
        Some(key_hash(&fingerprint(certificate)?))
    });
    let ios = (!settings.ios_apps.is_empty()).then(|| format!("https://{rp_id}"));
    let listed = settings.native_origins.iter().cloned();
    listed.chain(android).chain(ios).collect()
}

/// One statement of a Digital Asset Links list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statement {
    /// What the site lets the target do.
    #[schema(value_type = Vec<String>)]
    relation: [&'static str; 2],
    target: AndroidTarget,
}

/// An Android app.
#[derive(Debug, Serialize, ToSchema)]
struct AndroidTarget {
    /// `android_app`.
    #[schema(value_type = String)]
    namespace: &'static str,
    package_name: String,
    /// SHA-256 fingerprints of signing certificates, `AB:CD:…`.
    sha256_cert_fingerprints: Vec<String>,
}

/// The statements for the Android apps of some apps; `None` if they have none.
pub fn asset_links(apps: &[&AppRecord]) -> Option<Vec<Statement>> {
    let mut packages: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let listed = apps.iter().flat_map(|app| &app.settings.android_apps);
    for (package, certificate) in listed.filter_map(|app| app.split_once(' ')) {
        let certificates = packages.entry(package).or_default();
        if !certificates.iter().any(|known| known == certificate) {
            certificates.push(certificate.to_owned());
        }
    }
    let statements = packages
        .into_iter()
        .map(|(package, certificates)| Statement {
            relation: RELATIONS,
            target: AndroidTarget {
                namespace: "android_app",
                package_name: package.to_owned(),
                sha256_cert_fingerprints: certificates,
            },
        });
    let statements: Vec<_> = statements.collect();
    (!statements.is_empty()).then_some(statements)
}

/// Apple's association file.
#[derive(Debug, Serialize, ToSchema)]
pub struct SiteAssociation {
    webcredentials: Webcredentials,
    applinks: Applinks,
}

/// Which apps use the site's passkeys.
#[derive(Debug, Serialize, ToSchema)]
struct Webcredentials {
    /// Each a Team ID, a dot, and a bundle identifier.
    apps: Vec<String>,
}

/// Which apps open the site's links.
#[derive(Debug, Serialize, ToSchema)]
struct Applinks {
    details: Vec<LinkDetail>,
}

/// Apps, and the links that they may open.
#[derive(Debug, Serialize, ToSchema)]
struct LinkDetail {
    #[serde(rename = "appIDs")]
    app_ids: Vec<String>,
    components: Vec<Component>,
}

/// A pattern of links.
#[derive(Debug, Serialize, ToSchema)]
struct Component {
    /// The path.
    #[serde(rename = "/")]
    path: String,
    /// Query parameters that must be there.
    #[serde(rename = "?")]
    #[schema(value_type = std::collections::HashMap<String, String>)]
    query: BTreeMap<&'static str, &'static str>,
}

/// The association file for the iOS apps of some apps; `None` if they have none. Of the site's links the apps open those in
/// mails alone.
pub fn site_association(apps: &[&AppRecord]) -> Option<SiteAssociation> {
    let mut ids: Vec<String> = Vec::new();
    let mut details = Vec::new();
    for app in apps.iter().filter(|app| !app.settings.ios_apps.is_empty()) {
        let app_ids = app.settings.ios_apps.clone();
        ids.extend(app_ids.iter().cloned());
        details.push(LinkDetail {
            components: components(app),
            app_ids,
        });
    }
    ids.sort();
    ids.dedup();
    (!ids.is_empty()).then_some(SiteAssociation {
        webcredentials: Webcredentials { apps: ids },
        applinks: Applinks { details },
    })
}

/// The app's pages to which links in mails lead, with the parameter that tells such a link.
fn components(app: &AppRecord) -> Vec<Component> {
    let mut paths = vec![app.login_page(None).path().to_owned()];
    let others = app.settings.login_paths.iter();
    for path in others.map(|path| app.login_page(Some(path)).path().to_owned()) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let each = paths.into_iter().flat_map(|path| {
        LINK_PARAMETERS.map(|parameter| Component {
            path: path.clone(),
            query: BTreeMap::from([(parameter, "?*")]),
        })
    });
    each.collect()
}

/// All apps with this RP ID, without test apps: only who owns a host's DNS can have its association files asked for, but
/// anybody can make a test app.
pub async fn of_host(app: &App, rp_id: &str) -> Result<Vec<AppRecord>> {
    let rp_id = rp_id.to_owned();
    app.store
        .read(move |tx| tx.list_apps_of_rp_id(&rp_id))
        .await
}

//! The Console: pages for members, drawn on the server.
//!
//! `guard.rs` decides who is let in, `page.rs` is what all pages share, `cookie.rs` their cookies. The other files are
//! the pages; each takes what was typed, makes one call to the domain, and answers with a page or with 303 to one.

mod account;
mod activity;
mod api_keys;
mod apps;
mod audit;
mod chart;
mod claim;
pub mod cookie;
mod event_lines;
mod fields;
pub mod guard;
mod home;
mod inbox;
mod input;
mod join;
mod members;
mod messages;
mod page;
mod removal;
mod settings;
mod sign_in;
mod user;
mod users;

use crate::app::App;
use crate::domain::members::Permission;
use guard::{Needs, Routes};

/// All pages, and what each needs.
pub fn routes(app: App) -> Routes {
    use Needs::{App, Member, Nobody};
    Routes::new(app)
        .get("/console", Member, home::home)
        .get("/console/{*rest}", Nobody, page::nothing)
        .get("/console/sign-in", Nobody, sign_in::sign_in)
        .get("/console/sign-up", Nobody, sign_in::sign_up)
        .post("/console/session", Nobody, sign_in::open_session)
        .post("/console/sign-out", Member, sign_in::sign_out)
        .get("/console/setup/{secret}", Nobody, join::setup)
        .post("/console/setup/{secret}", Nobody, join::sign_up_by_setup)
        .post("/console/setup/{secret}/accept", Member, join::accept_setup)
        .get("/console/invitations/{secret}", Nobody, join::invitation)
        .post(
            "/console/invitations/{secret}",
            Nobody,
            join::sign_up_by_invitation,
        )
        .post(
            "/console/invitations/{secret}/accept",
            Member,
            join::accept_invitation,
        )
        .get("/console/account", Member, account::account)
        .post(
            "/console/account/sessions/{session_id}/revoke",
            Member,
            account::revoke_session,
        )
        .get("/console/apps/new", Member, apps::new)
        .post("/console/apps", Member, apps::create)
        .get(
            "/console/apps/{app_id}",
            App(Permission::See),
            apps::overview,
        )
        .get(
            "/console/apps/{app_id}/waiting",
            App(Permission::See),
            apps::waiting,
        )
        .get(
            "/console/apps/{app_id}/users",
            App(Permission::See),
            users::users,
        )
        .get(
            "/console/apps/{app_id}/users/{user_id}",
            App(Permission::See),
            user::user,
        )
        .post(
            "/console/apps/{app_id}/users/{user_id}/deactivate",
            App(Permission::ManageUsers),
            user::deactivate,
        )
        .post(
            "/console/apps/{app_id}/users/{user_id}/activate",
            App(Permission::ManageUsers),
            user::activate,
        )
        .post(
            "/console/apps/{app_id}/users/{user_id}/sign-out",
            App(Permission::ManageUsers),
            user::sign_out,
        )
        .post(
            "/console/apps/{app_id}/users/{user_id}/delete",
            App(Permission::ManageUsers),
            user::delete,
        )
        .post(
            "/console/apps/{app_id}/users/{user_id}/passkeys/{passkey_id}/revoke",
            App(Permission::ManageUsers),
            user::revoke_passkey,
        )
        .post(
            "/console/apps/{app_id}/users/{user_id}/sessions/{session_id}/revoke",
            App(Permission::ManageUsers),
            user::revoke_session,
        )
        .get(
            "/console/apps/{app_id}/activity",
            App(Permission::See),
            activity::activity,
        )
        .get("/claim/{app_id}", Nobody, claim::offer)
        .post("/claim/{app_id}", Member, claim::claim)
        .get(
            "/console/apps/{app_id}/fields",
            App(Permission::See),
            fields::fields,
        )
        .post(
            "/console/apps/{app_id}/fields",
            App(Permission::ChangeSettings),
            fields::add,
        )
        .post(
            "/console/apps/{app_id}/fields/{field_id}",
            App(Permission::ChangeSettings),
            fields::update,
        )
        .post(
            "/console/apps/{app_id}/fields/{field_id}/{action}",
            App(Permission::ChangeSettings),
            fields::act,
        )
        .get(
            "/console/apps/{app_id}/api-keys",
            App(Permission::ManageApiKeys),
            api_keys::api_keys,
        )
        .post(
            "/console/apps/{app_id}/api-keys",
            App(Permission::ManageApiKeys),
            api_keys::add,
        )
        .post(
            "/console/apps/{app_id}/api-keys/{key_id}/revoke",
            App(Permission::ManageApiKeys),
            api_keys::revoke,
        )
        .get(
            "/console/apps/{app_id}/settings",
            App(Permission::See),
            settings::settings,
        )
        .post(
            "/console/apps/{app_id}/settings/{section}",
            App(Permission::ChangeSettings),
            settings::save,
        )
        .post(
            "/console/apps/{app_id}/settings/keys/rotate",
            App(Permission::ChangeSettings),
            settings::rotate,
        )
        .post(
            "/console/apps/{app_id}/settings/rp-id",
            App(Permission::Remove),
            settings::change_rp_id,
        )
        .get(
            "/console/apps/{app_id}/members",
            App(Permission::See),
            members::members,
        )
        .post(
            "/console/apps/{app_id}/members/leave",
            App(Permission::See),
            members::leave,
        )
        .post(
            "/console/apps/{app_id}/members/{user_id}/role",
            App(Permission::ManageMembers),
            members::change_role,
        )
        .post(
            "/console/apps/{app_id}/members/{user_id}/remove",
            App(Permission::ManageMembers),
            members::remove,
        )
        .post(
            "/console/apps/{app_id}/invitations",
            App(Permission::ManageMembers),
            members::invite,
        )
        .post(
            "/console/apps/{app_id}/invitations/{invitation_id}/revoke",
            App(Permission::ManageMembers),
            members::revoke_invitation,
        )
        .get(
            "/console/apps/{app_id}/inbox",
            App(Permission::ReadMail),
            inbox::inbox,
        )
        .get(
            "/console/apps/{app_id}/inbox/{message_id}",
            App(Permission::ReadMail),
            inbox::mail,
        )
        .get(
            "/console/apps/{app_id}/messages",
            App(Permission::See),
            messages::list,
        )
        .get(
            "/console/apps/{app_id}/messages/{channel}/{kind}",
            App(Permission::See),
            messages::edit,
        )
        .post_up_to(
            messages::FORM_MAX,
            "/console/apps/{app_id}/messages/{channel}/{kind}",
            App(Permission::ChangeSettings),
            messages::save,
        )
        .post_up_to(
            messages::FORM_MAX,
            "/console/apps/{app_id}/messages/{channel}/{kind}/preview",
            App(Permission::ChangeSettings),
            messages::preview,
        )
        .post_up_to(
            messages::FORM_MAX,
            "/console/apps/{app_id}/messages/{channel}/{kind}/test",
            App(Permission::ChangeSettings),
            messages::test,
        )
        .post(
            "/console/apps/{app_id}/messages/{channel}/{kind}/reset",
            App(Permission::ChangeSettings),
            messages::reset,
        )
        .get(
            "/console/apps/{app_id}/audit",
            App(Permission::See),
            audit::audit,
        )
        .get(
            "/console/apps/{app_id}/remove",
            App(Permission::Remove),
            removal::ask,
        )
        .post(
            "/console/apps/{app_id}/remove",
            App(Permission::Remove),
            removal::remove,
        )
}

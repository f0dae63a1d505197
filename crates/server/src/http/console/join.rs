//! Coming to the Console by a link: the setup link of a new server, or an invitation to an app.
//!
//! Opening a link changes nothing; a button does. Whoever has no account is let into the sign-up by a cookie that only the
//! authentication API of the Console's app sees; whoever is signed in accepts at once.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::cookie;
use super::guard::Visit;
use super::page::{Answer, Frame, encoded, go, show};
use crate::app::App;
use crate::domain::console::{self, Grant};
use crate::domain::invitations;
use crate::http::console::input::Path;
use crate::secrets::SecretHash;

#[derive(Template)]
#[template(path = "console/join.html")]
struct JoinPage {
    frame: Frame,
    /// Where the form goes: the link itself.
    link: String,
    /// The app and the role of an invitation; `None` for the setup link.
    invitation: Option<(String, &'static str)>,
}

/// The setup link.
pub async fn setup(State(app): State<App>, visit: Visit, Path(secret): Path<String>) -> Answer {
    if !console::is_good(&app, Grant::Setup(SecretHash::of(&secret))).await? {
        return Err(console::link_used().into());
    }
    Ok(show(&JoinPage {
        frame: Frame::of(&visit),
        link: format!("/console/setup/{}", encoded(&secret)),
        invitation: None,
    }))
}

/// Signs somebody up by the setup link.
pub async fn sign_up_by_setup(State(app): State<App>, Path(secret): Path<String>) -> Answer {
    if !console::is_good(&app, Grant::Setup(SecretHash::of(&secret))).await? {
        return Err(console::link_used().into());
    }
    let back = format!("/console/setup/{}", encoded(&secret));
    admitted(&app, "setup", &secret, "/console", &back).await
}

/// Makes whoever is signed in an operator.
pub async fn accept_setup(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
) -> Answer {
    console::become_operator(&app, &secret, visit.visitor(), &visit.client).await?;
    Ok(go("/console?done=operator"))
}

/// An invitation.
pub async fn invitation(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
) -> Answer {
    let (invitation, record) = invitations::find(&app, &secret).await?;
    Ok(show(&JoinPage {
        frame: Frame::of(&visit),
        link: format!("/console/invitations/{}", encoded(&secret)),
        invitation: Some((record.name, invitation.role.as_str())),
    }))
}

/// Signs somebody up by an invitation, which makes them a member; who turns out to have an account comes back to it.
pub async fn sign_up_by_invitation(State(app): State<App>, Path(secret): Path<String>) -> Answer {
    let (_, record) = invitations::find(&app, &secret).await?;
    let next = format!("/console/apps/{}?done=joined", record.id);
    let back = format!("/console/invitations/{}", encoded(&secret));
    admitted(&app, "invitation", &secret, &next, &back).await
}

/// Uses an invitation for whoever is signed in.
pub async fn accept_invitation(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
) -> Answer {
    let member = &visit.visitor().user.id;
    let app_id = invitations::accept(&app, &secret, member, &visit.client).await?;
    Ok(go(&format!("/console/apps/{app_id}?done=joined")))
}

/// On to the sign-up with a cookie that admits.
async fn admitted(
    app: &App,
    kind: &str,
    secret: &str,
    next: &str,
    back: &str,
) -> Result<Response, super::page::Refusal> {
    let loaded = console::load(app).await?;
    let grant = cookie::grant(&app.config, &loaded.id, kind, secret);
    let target = format!(
        "/console/sign-up?next={}&back={}",
        encoded(next),
        encoded(back)
    );
    let location = HeaderValue::from_str(&target).map_err(crate::error::Error::internal)?;
    let headers = [(header::SET_COOKIE, grant), (header::LOCATION, location)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

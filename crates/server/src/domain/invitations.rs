//! Invitations: how somebody becomes a member of an app. Whoever holds the link may use it, once, within a week.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::domain::console;
use crate::domain::events::{Client, Event, Kind};
use crate::domain::limits::Limit;
use crate::domain::members::Role;
use crate::domain::users::Identifier;
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, InvitationId, UserId};
use crate::messages::{self, Letter, Message};
use crate::secrets::SecretHash;
use crate::store::Tx;
use crate::time::Timestamp;

/// How long an invitation can be used.
pub const LIVES: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Open invitations that one app may have.
const MOST: usize = 100;

/// An invitation as stored.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Names the invitation.
    pub id: InvitationId,
    /// The app.
    pub app_id: AppId,
    /// To whom it was sent.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// The member who invited.
    pub invited_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// An invitation just made, with its link: shown once.
#[derive(Debug)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// Where whoever was invited goes.
    pub link: String,
    /// Whether the link goes to them by mail.
    pub is_mailed: bool,
}

/// Invites somebody to an app, in place of an invitation that is open for them. Where this server sends mail, the link goes
/// to them.
pub async fn invite(
    app: &App,
    record: &AppRecord,
    email: &str,
    role: Role,
    inviter: &UserId,
    client: &Client,
) -> Result<Invited> {
    let Ok(Identifier::Email(email)) = Identifier::parse(email) else {
        return Err(Error::invalid(
            "This is no e-mail address. Write one such as ada@example.com.",
        ));
    };
    let now = app.clock.now();
    let secret = URL_SAFE_NO_PAD.encode(app.random.bytes::<32>());
    let hash = SecretHash::of(&secret);
    let link = format!(
        "{}/console/invitations/{secret}",
        app.config.public_origin()
    );
    let invitation = Invitation {
        id: InvitationId::draw(&app.random, now),
        app_id: record.id.clone(),
        email: email.clone(),
        role,
        invited_by: inviter.clone(),
        created_at: now,
        expires_at: now.plus(LIVES),
    };
    let mail = mail(app, record, &invitation, &link, client).await?;
    let is_mailed = mail.is_some();
    let event = Event::of_member(app, inviter, &record.id, Kind::MemberInvited, client)
        .about(&invitation.id)
        .detailed(format!("{email} as {}", role.as_str()));
    let stored = invitation.clone();
    let console_id = console::load(app).await?.id.clone();
    app.store
        .write(move |tx| {
            let app_id = &stored.app_id;
            tx.lock_app(app_id)?;
            if tx.has_member(app_id, &stored.email)? {
                return Err(Error::invalid(format!(
                    "{} is a member already. Change the role in the list.",
                    stored.email
                )));
            }
            tx.remove_invitations_of(app_id, &stored.email)?;
            if tx.list_invitations(app_id, &console_id, now)?.len() >= MOST {
                return Err(Error::forbidden(
                    "too_many_invitations",
                    format!("This app has {MOST} open invitations. Take some back first."),
                ));
            }
            tx.add_invitation(&stored, &hash)?;
            if let Some((message, limits)) = &mail {
                for limit in limits {
                    limit.require(tx, now)?;
                }
                tx.add_message(message)?;
            }
            tx.add_event(&event)
        })
        .await?;
    app.outbox.wake();
    Ok(Invited {
        invitation,
        link,
        is_mailed,
    })
}

/// The mail with the link, and how many may be sent; `None` if this server sends none. It goes out in the name of the
/// Console.
async fn mail(
    app: &App,
    record: &AppRecord,
    invitation: &Invitation,
    link: &str,
    client: &Client,
) -> Result<Option<(Message, [Limit; 2])>> {
    if app.config.smtp.is_none() {
        return Ok(None);
    }
    let console = console::load(app).await?;
    let language = record.default_language();
    let kind = messages::Kind::Invitation;
    let minutes = u32::try_from(LIVES.as_secs() / 60).map_err(Error::internal)?;
    let letter = Letter {
        link: Some(link.to_owned()),
        link_minutes: Some(minutes),
        detail: Some(record.name.clone()),
        ..Letter::about(kind, language, &invitation.email, &console.name)
    };
    let message = Message::prepare(app, &console, None, &letter, invitation.expires_at)?;
    let limits = [
        Limit::messages_to(&app.config, &console.id, &invitation.email),
        Limit::messages_by(&app.config, client),
    ];
    Ok(Some((message, limits)))
}

/// The invitation that a secret opens.
pub async fn find(app: &App, secret: &str) -> Result<(Invitation, AppRecord)> {
    let (hash, now) = (SecretHash::of(secret), app.clock.now());
    let console_id = console::load(app).await?.id.clone();
    app.store
        .read(move |tx| {
            let invitation = tx
                .find_invitation(&hash, &console_id, now)?
                .ok_or_else(gone)?;
            let record = tx.find_app(&invitation.app_id)?.ok_or_else(gone)?;
            Ok((invitation, record))
        })
        .await
}

/// Uses an invitation up for somebody who is signed in; its app.
pub async fn accept(app: &App, secret: &str, member: &UserId, client: &Client) -> Result<AppId> {
    let (hash, now) = (SecretHash::of(secret), app.clock.now());
    let console_id = console::load(app).await?.id.clone();
    let event = Event::of_member(app, member, &console_id, Kind::MemberJoined, client);
    app.store
        .write(move |tx| {
            let invitation = tx
                .consume_invitation(&hash, &console_id, now)?
                .ok_or_else(gone)?;
            join(tx, &invitation, &event, now)?;
            Ok(invitation.app_id)
        })
        .await
}

/// Makes the member of `event` what an invitation that was taken says; who is more already stays so.
pub fn join(tx: &mut Tx<'_>, invitation: &Invitation, event: &Event, now: Timestamp) -> Result<()> {
    let Some(member) = &event.member_id else {
        return Ok(());
    };
    let has = tx.find_role(&invitation.app_id, member)?;
    let role = has.map_or(invitation.role, |has| has.max(invitation.role));
    tx.update_member(&invitation.app_id, member, role, now)?;
    let event = Event {
        app_id: invitation.app_id.clone(),
        ..event.clone()
    };
    tx.add_event(&event.about(&invitation.id).detailed(role.as_str()))
}

/// Takes an invitation back.
pub async fn revoke(
    app: &App,
    app_id: &AppId,
    id: &InvitationId,
    member: &UserId,
    client: &Client,
) -> Result<()> {
    let event = Event::of_member(app, member, app_id, Kind::InvitationRevoked, client).about(id);
    let (app_id, id) = (app_id.clone(), id.clone());
    app.store
        .write(move |tx| {
            let invitation = tx.remove_invitation(&app_id, &id)?.ok_or_else(gone)?;
            tx.add_event(&event.clone().detailed(invitation.email))
        })
        .await
}

fn gone() -> Error {
    Error::new(
        Code::NotFound,
        "This invitation was used, taken back or has expired. Ask whoever invited you for a new one.",
    )
}

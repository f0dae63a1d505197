//! What apps say in their messages in place of the built-in words.

use super::{FromRow, Row, Tx};
use crate::domain::message_templates::{Draft, Template};
use crate::error::Result;
use crate::ids::{AppId, MessageId};
use crate::messages::{Channel, Kind, Language};
use crate::time::Timestamp;

impl FromRow for Template {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Template {
            channel: row.get(0)?,
            kind: row.get(1)?,
            language: row.get(2)?,
            draft: Draft {
                subject: row.get(3)?,
                text: row.get(4)?,
                html: row.get(5)?,
            },
            updated_at: row.get(6)?,
        })
    }
}

impl Tx<'_> {
    /// The languages in which an app has a template of a message.
    pub fn list_template_languages(
        &mut self,
        app_id: &AppId,
        channel: Channel,
        kind: Kind,
    ) -> Result<Vec<Language>> {
        self.list(
            "SELECT language FROM message_templates WHERE app_id = $1 AND channel = $2 AND kind = $3 ORDER BY language",
            &[app_id, &channel, &kind],
        )
    }

    /// Which messages of an app have a template, and in which languages.
    pub fn list_template_names(
        &mut self,
        app_id: &AppId,
    ) -> Result<Vec<(Channel, Kind, Language)>> {
        self.list(
            "SELECT channel, kind, language FROM message_templates WHERE app_id = $1 ORDER BY channel, kind, language",
            &[app_id],
        )
    }

    /// An app's template of a message in one language.
    pub fn find_template(
        &mut self,
        app_id: &AppId,
        channel: Channel,
        kind: Kind,
        language: Language,
    ) -> Result<Option<Template>> {
        self.optional(
            "SELECT channel, kind, language, subject, text, html, updated_at FROM message_templates \
             WHERE app_id = $1 AND channel = $2 AND kind = $3 AND language = $4",
            &[app_id, &channel, &kind, &language],
        )
    }

    /// Stores a template in place of the one that was there.
    pub fn update_template(&mut self, app_id: &AppId, template: &Template) -> Result<()> {
        let draft = &template.draft;
        self.execute(
            "INSERT INTO message_templates (app_id, channel, kind, language, subject, text, html, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (app_id, channel, kind, language) \
             DO UPDATE SET subject = $5, text = $6, html = $7, updated_at = $8",
            &[
                app_id,
                &template.channel,
                &template.kind,
                &template.language,
                &draft.subject,
                &draft.text,
                &draft.html,
                &template.updated_at,
            ],
        )
        .map(drop)
    }

    /// Removes a template; `false` if there was none.
    pub fn remove_template(
        &mut self,
        app_id: &AppId,
        channel: Channel,
        kind: Kind,
        language: Language,
    ) -> Result<bool> {
        Ok(self.execute(
            "DELETE FROM message_templates WHERE app_id = $1 AND channel = $2 AND kind = $3 AND language = $4",
            &[app_id, &channel, &kind, &language],
        )? == 1)
    }

    /// Whether it is among an app's events since an instant that the template of a message failed.
    pub fn has_template_failure(
        &mut self,
        app_id: &AppId,
        message: &MessageId,
        since: Timestamp,
    ) -> Result<bool> {
        let found: Option<String> = self.optional(
            "SELECT id FROM events WHERE app_id = $1 AND created_at >= $2 AND kind = 'template_failed' AND subject = $3",
            &[app_id, &since, message],
        )?;
        Ok(found.is_some())
    }
}

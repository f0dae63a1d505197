-- Codes alone and text messages, metadata of sign-ups, users of an existing login (Flex), API keys, templates of messages.

-- `email` or `sms`.
ALTER TABLE messages ADD COLUMN channel TEXT NOT NULL DEFAULT 'email';

-- What somebody wrote into the app's fields when they signed up by this link or code: JSON, stored with the user when it is used.
ALTER TABLE magic_links ADD COLUMN user_metadata TEXT;

-- How the app's own login names the user.
ALTER TABLE users ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX users_external ON users (app_id, external_id) WHERE external_id IS NOT NULL;

-- What back ends show to the management API.
CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    -- The member who made it; NULL for the command line.
    created_by TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE INDEX api_keys_app ON api_keys (app_id, created_at);

-- What an app says in its messages in place of the built-in words.
CREATE TABLE message_templates (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    -- Empty for text messages, as is `html`.
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, channel, kind, language)
);

-- Codes were part of magic links: where those are off, codes stay off.
UPDATE apps SET settings = replace(settings, '"magic_links":false', '"magic_links":false,"one_time_codes":false');

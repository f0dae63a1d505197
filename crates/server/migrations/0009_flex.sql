-- Passkeys beside an existing login (Flex), and how API keys are found.

-- The part of an API key before its dot: no secret, so that a key can be told from others.
ALTER TABLE api_keys ADD COLUMN prefix TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX api_keys_prefix ON api_keys (prefix);

-- The external id in lower case: Passage's packages ask for users so.
ALTER TABLE users ADD COLUMN external_id_folded TEXT;
CREATE INDEX users_external_folded ON users (app_id, external_id_folded) WHERE external_id_folded IS NOT NULL;

-- What a back end has allowed a browser to do, once: to make a passkey for a user, or to prove to be that user.
CREATE TABLE flex_transactions (
    secret_hash BYTEA NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    -- What the authenticator shows beside a new passkey; empty where none is made.
    passkey_name TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX flex_transactions_user ON flex_transactions (user_id);
CREATE INDEX flex_transactions_expiry ON flex_transactions (expires_at);

-- What a browser brings to the back end after a ceremony.
CREATE TABLE flex_nonces (
    secret_hash BYTEA NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);

CREATE INDEX flex_nonces_user ON flex_nonces (user_id);
CREATE INDEX flex_nonces_expiry ON flex_nonces (expires_at);

-- Apps, their signing keys, and facts about this installation.

CREATE TABLE facts (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE apps (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    auth_origin TEXT NOT NULL,
    rp_id TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed_private_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    current_since BIGINT,
    retired_until BIGINT
);

CREATE INDEX signing_keys_app ON signing_keys (app_id);
-- An app signs with one key and holds at most one in waiting.
CREATE UNIQUE INDEX signing_keys_current ON signing_keys (app_id) WHERE state = 'current';
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (app_id) WHERE state = 'next';

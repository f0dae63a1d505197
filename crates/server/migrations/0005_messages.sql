-- Magic links with the codes in the same mail, messages on their way out, and counts of what is limited.

CREATE TABLE magic_links (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    -- No reference: a sign-up by link makes the user when the link is used.
    user_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    address TEXT NOT NULL,
    language TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    browser_key_hash BYTEA,
    digits_hash BYTEA,
    code_hash BYTEA,
    code_tries_left BIGINT NOT NULL,
    code_expires_at BIGINT NOT NULL,
    -- The session in whose name a change or proof of an address was asked for.
    asked_by_session TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    -- How it was used: opened, approved (by digits), code, wrong_digits.
    used_by TEXT,
    -- The session that it opened.
    session_id TEXT
);

CREATE UNIQUE INDEX magic_links_secret ON magic_links (secret_hash);
CREATE INDEX magic_links_user ON magic_links (user_id);
CREATE INDEX magic_links_address ON magic_links (app_id, address);
CREATE INDEX magic_links_expiry ON magic_links (expires_at);

CREATE TABLE messages (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT,
    kind TEXT NOT NULL,
    -- waiting, kept (for the inbox of a server without mail), sent, failed, expired.
    state TEXT NOT NULL,
    -- The address with most of it hidden.
    recipient TEXT NOT NULL,
    -- What is to be said, sealed; gone when it was delivered or has expired.
    sealed_letter BYTEA,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    -- Until when it is left to whoever is sending it.
    leased_until BIGINT,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    last_error TEXT
);

CREATE INDEX messages_due ON messages (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX messages_expiry ON messages (expires_at) WHERE finished_at IS NULL;
CREATE INDEX messages_finished ON messages (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX messages_app ON messages (app_id, created_at);

-- One row counts one thing within one window; the window begins anew with the first use after its end.
CREATE TABLE limits (
    kind TEXT NOT NULL,
    subject BYTEA NOT NULL,
    window_ends_at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
)
-- [sqlite]
WITHOUT ROWID
-- [end]
;

CREATE INDEX limits_expiry ON limits (window_ends_at);

-- Sessions, their refresh tokens, and challenges that were used.

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    passkey_id TEXT,
    methods TEXT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- The session comes first in the key: tokens of new sessions are neighbours, and those of one session stand together.
CREATE TABLE refresh_tokens (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (session_id, hash)
)
-- [sqlite]
WITHOUT ROWID
-- [end]
;

-- A challenge always comes with the same expiry, so the pair is as unique as the challenge, and new rows are neighbours.
CREATE TABLE used_challenges (
    forget_after BIGINT NOT NULL,
    challenge BYTEA NOT NULL,
    PRIMARY KEY (forget_after, challenge)
)
-- [sqlite]
WITHOUT ROWID
-- [end]
;

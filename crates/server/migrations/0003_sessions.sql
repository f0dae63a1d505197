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

CREATE TABLE refresh_tokens (
    hash BYTEA NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE used_challenges (
    challenge BYTEA NOT NULL PRIMARY KEY,
    forget_after BIGINT NOT NULL
);

CREATE INDEX used_challenges_expiry ON used_challenges (forget_after);

-- Users and their passkeys.

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    email TEXT,
    email_verified BOOLEAN NOT NULL,
    phone TEXT,
    phone_verified BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    origin TEXT NOT NULL,
    user_metadata TEXT NOT NULL,
    login_count BIGINT NOT NULL,
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX users_email ON users (app_id, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX users_phone ON users (app_id, phone) WHERE phone IS NOT NULL;

CREATE INDEX users_pending ON users (created_at) WHERE status = 'pending';

CREATE TABLE passkeys (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    sign_count BIGINT NOT NULL,
    attachment TEXT,
    transports TEXT NOT NULL,
    aaguid BYTEA NOT NULL,
    attestation TEXT NOT NULL,
    backup_eligible BOOLEAN NOT NULL,
    backup_state BOOLEAN NOT NULL,
    friendly_name TEXT NOT NULL,
    usage_count BIGINT NOT NULL,
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX passkeys_credential ON passkeys (app_id, credential_id);
CREATE INDEX passkeys_user ON passkeys (user_id);

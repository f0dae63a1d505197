-- The Console: who may use it for which app, how they came there, what they changed. Test apps and removed apps.

-- Until when an app lives that nobody has claimed; NULL for every other app.
ALTER TABLE apps ADD COLUMN test_until BIGINT;
-- What opens the claim of a test app and its inbox.
ALTER TABLE apps ADD COLUMN claim_hash BYTEA;
-- A removed app answers nobody from then on; what it owned goes little by little.
ALTER TABLE apps ADD COLUMN removed_at BIGINT;
CREATE INDEX apps_test ON apps (test_until) WHERE test_until IS NOT NULL;
CREATE INDEX apps_removed ON apps (removed_at) WHERE removed_at IS NOT NULL;

-- Members are users of the Console's own app; a member of that app itself is an operator.
CREATE TABLE members (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, user_id)
);

CREATE INDEX members_user ON members (user_id);

CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    -- The member who invited.
    invited_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX invitations_secret ON invitations (secret_hash);
CREATE INDEX invitations_app ON invitations (app_id, created_at);
CREATE INDEX invitations_expiry ON invitations (expires_at);

-- The cookie of a browser that uses the Console, beside the session that it was exchanged for.
CREATE TABLE console_cookies (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    secret_hash BYTEA NOT NULL,
    used_at BIGINT NOT NULL
);

-- The member who did it, and what it was in words: old and new value of a setting.
ALTER TABLE events ADD COLUMN member_id TEXT;
ALTER TABLE events ADD COLUMN detail TEXT;
CREATE INDEX events_members ON events (app_id, created_at, id) WHERE actor = 'member';

-- Lists of users, newest first; few are not active.
CREATE INDEX users_listed ON users (app_id, created_at, id);
CREATE INDEX users_not_active ON users (app_id, status, created_at, id) WHERE status <> 'active';
-- The same searched: after an import, most users may never have signed in.
CREATE INDEX users_not_active_email ON users (app_id, status, (COALESCE(email, ''))) WHERE status <> 'active';
CREATE INDEX users_not_active_phone ON users (app_id, status, (COALESCE(phone, ''))) WHERE status <> 'active' AND phone IS NOT NULL;

-- Sign-ups that got no further, looked for once a minute: without those who were brought along and never signed in.
DROP INDEX users_pending;
CREATE INDEX users_pending ON users (created_at) WHERE status = 'pending' AND origin = 'sign_up';

-- Few mails are kept among many that were sent.
CREATE INDEX messages_kept ON messages (app_id, created_at, id) WHERE state = 'kept';

-- When the row of a removed app goes, its sessions are looked for.
CREATE INDEX sessions_app ON sessions (app_id);

-- [postgres]
-- Addresses are searched by how they begin, which needs the order of bytes; SQLite has no other.
ALTER TABLE users ALTER COLUMN email TYPE TEXT COLLATE "C";
ALTER TABLE users ALTER COLUMN phone TYPE TEXT COLLATE "C";
-- [end]

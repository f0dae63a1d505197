-- What happened, and how often.

CREATE TABLE events (
    id TEXT NOT NULL,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    subject TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, created_at, id)
);

CREATE INDEX events_user ON events (user_id, created_at);

-- One row for a day, a kind and a shard, so that nodes do not wait for each other; a reader adds the shards.
CREATE TABLE daily_counters (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    day BIGINT NOT NULL,
    kind TEXT NOT NULL,
    shard BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (app_id, day, kind, shard)
)
-- [sqlite]
WITHOUT ROWID
-- [end]
;

-- Keys made at run time. Times are microseconds since 1970 in UTC. `change` is the number of the change that last touched the row: nodes ask for what has a
-- higher one than they know. Changes are numbered under the lock of the row in api_key_changes, so a lower number never comes in sight after a higher one.
CREATE TABLE api_keys (
    id             TEXT   NOT NULL PRIMARY KEY,
    tenant         TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    prefix         TEXT   NOT NULL,
    scope          TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    created_by     TEXT   NOT NULL,
    expires_at     BIGINT,
    revoked_at     BIGINT,
    rotated_at     BIGINT,
    grace_ends_at  BIGINT,
    change         BIGINT NOT NULL
);

CREATE INDEX api_keys_by_change ON api_keys (change);
CREATE INDEX api_keys_by_time ON api_keys (created_at, id);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant, created_at, id);

-- What opens a key, by its SHA-256: one secret and, while a rotation's grace lasts, those before it.
CREATE TABLE api_key_secrets (
    sha256  TEXT   NOT NULL PRIMARY KEY,
    key_id  TEXT   NOT NULL REFERENCES api_keys (id),
    ends_at BIGINT
);

CREATE INDEX api_key_secrets_by_key ON api_key_secrets (key_id);

CREATE TABLE api_key_changes (
    one    BIGINT NOT NULL PRIMARY KEY,
    latest BIGINT NOT NULL
);

INSERT INTO api_key_changes (one, latest) VALUES (1, 0);

-- What admins did, and what they were refused. Never a secret.
CREATE TABLE admin_acts (
    at         BIGINT NOT NULL,
    id         TEXT   NOT NULL,
    who        TEXT   NOT NULL,
    role       TEXT   NOT NULL,
    act        TEXT   NOT NULL,
    object     TEXT,
    tenant     TEXT,
    outcome    TEXT   NOT NULL,
    request_id TEXT,
    PRIMARY KEY (at, id)
);

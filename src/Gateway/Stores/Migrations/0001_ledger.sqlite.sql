-- One line for each exchange. Times are microseconds since 1970 in UTC; cost is in billionths of the currency's unit.
-- The key begins with the time, so new lines are added at the end of the table and old ones are removed from its beginning.
CREATE TABLE exchanges (
    opened_at        INTEGER NOT NULL,
    id               TEXT    NOT NULL,
    node             TEXT    NOT NULL,
    closed_at        INTEGER,
    tenant           TEXT    NOT NULL,
    key_id           TEXT    NOT NULL,
    endpoint         TEXT    NOT NULL,
    data_class       TEXT    NOT NULL,
    trace_id         TEXT,
    model            TEXT    NOT NULL,
    deployment       TEXT    NOT NULL,
    outcome          TEXT    NOT NULL,
    code             TEXT,
    status           INTEGER,
    input_tokens     INTEGER NOT NULL,
    cached_tokens    INTEGER NOT NULL,
    output_tokens    INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    estimated        INTEGER NOT NULL,
    cost_nano        INTEGER NOT NULL,
    currency         TEXT    NOT NULL,
    latency_us       INTEGER,
    first_token_us   INTEGER,
    PRIMARY KEY (opened_at, id)
) WITHOUT ROWID;

CREATE INDEX exchanges_by_tenant ON exchanges (tenant, opened_at, id);
CREATE INDEX exchanges_open ON exchanges (node) WHERE closed_at IS NULL;
CREATE INDEX exchanges_lost ON exchanges (node) WHERE outcome = 'lost';

-- What the lines of a day (days since 1970, UTC) come to, kept in the same transactions; it stays when the lines are removed.
CREATE TABLE usage_daily (
    day              INTEGER NOT NULL,
    tenant           TEXT    NOT NULL,
    key_id           TEXT    NOT NULL,
    model            TEXT    NOT NULL,
    deployment       TEXT    NOT NULL,
    endpoint         TEXT    NOT NULL,
    currency         TEXT    NOT NULL,
    requests         INTEGER NOT NULL,
    failed           INTEGER NOT NULL,
    refused          INTEGER NOT NULL,
    lost             INTEGER NOT NULL,
    estimated        INTEGER NOT NULL,
    input_tokens     INTEGER NOT NULL,
    cached_tokens    INTEGER NOT NULL,
    output_tokens    INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_nano        INTEGER NOT NULL,
    PRIMARY KEY (day, tenant, key_id, model, deployment, endpoint, currency)
) WITHOUT ROWID;

CREATE INDEX usage_daily_by_tenant ON usage_daily (tenant, day);

-- Processes that may have open lines; what is left of one that is gone is closed as lost.
CREATE TABLE ledger_nodes (
    node    TEXT    NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL
) WITHOUT ROWID;

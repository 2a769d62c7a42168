-- One line for each exchange. Times are microseconds since 1970 in UTC; cost is in billionths of the currency's unit.
-- A partition a month, so that old months are dropped whole.
CREATE TABLE exchanges (
    opened_at        BIGINT NOT NULL,
    id               TEXT    NOT NULL,
    node             TEXT    NOT NULL,
    closed_at        BIGINT,
    tenant           TEXT    NOT NULL,
    key_id           TEXT    NOT NULL,
    endpoint         TEXT    NOT NULL,
    data_class       TEXT    NOT NULL,
    trace_id         TEXT,
    model            TEXT    NOT NULL,
    deployment       TEXT    NOT NULL,
    outcome          TEXT    NOT NULL,
    code             TEXT,
    status           BIGINT,
    input_tokens     BIGINT NOT NULL,
    cached_tokens    BIGINT NOT NULL,
    output_tokens    BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    estimated        BIGINT NOT NULL,
    cost_nano        BIGINT NOT NULL,
    currency         TEXT    NOT NULL,
    latency_us       BIGINT,
    first_token_us   BIGINT,
    PRIMARY KEY (opened_at, id)
) PARTITION BY RANGE (opened_at);

-- The months are made ahead of time by the gateway. Nothing stands in this one unless a clock was wrong.
CREATE TABLE exchanges_other PARTITION OF exchanges DEFAULT;

CREATE INDEX exchanges_by_tenant ON exchanges (tenant, opened_at, id);
CREATE INDEX exchanges_open ON exchanges (node) WHERE closed_at IS NULL;
CREATE INDEX exchanges_lost ON exchanges (node) WHERE outcome = 'lost';

-- What the lines of a day (days since 1970, UTC) come to, kept in the same transactions; it stays when the lines are removed.
CREATE TABLE usage_daily (
    day              BIGINT NOT NULL,
    tenant           TEXT    NOT NULL,
    key_id           TEXT    NOT NULL,
    model            TEXT    NOT NULL,
    deployment       TEXT    NOT NULL,
    endpoint         TEXT    NOT NULL,
    currency         TEXT    NOT NULL,
    requests         BIGINT NOT NULL,
    failed           BIGINT NOT NULL,
    refused          BIGINT NOT NULL,
    lost             BIGINT NOT NULL,
    estimated        BIGINT NOT NULL,
    input_tokens     BIGINT NOT NULL,
    cached_tokens    BIGINT NOT NULL,
    output_tokens    BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    cost_nano        BIGINT NOT NULL,
    PRIMARY KEY (day, tenant, key_id, model, deployment, endpoint, currency)
);

CREATE INDEX usage_daily_by_tenant ON usage_daily (tenant, day);

-- Processes that may have open lines; what is left of one that is gone is closed as lost.
CREATE TABLE ledger_nodes (
    node    TEXT    NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

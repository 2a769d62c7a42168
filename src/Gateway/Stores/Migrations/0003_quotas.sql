-- What an exchange had reserved of its limits: counts when the gateway ends before the exchange does. And what it took from its tenant's balance.
ALTER TABLE exchanges ADD COLUMN reserved_at BIGINT;
ALTER TABLE exchanges ADD COLUMN reserved_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exchanges ADD COLUMN reserved_nano BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exchanges ADD COLUMN reserved_currency TEXT NOT NULL DEFAULT '';
ALTER TABLE exchanges ADD COLUMN drawn_nano BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exchanges ADD COLUMN drawn_currency TEXT NOT NULL DEFAULT '';

CREATE INDEX exchanges_pending ON exchanges (opened_at) WHERE closed_at IS NULL OR outcome = 'lost';

-- What was paid in (or, with a minus, paid back). Never changed. The id is the payer's: the same payment told twice counts once.
CREATE TABLE balance_entries (
    tenant      TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    amount_nano BIGINT NOT NULL,
    currency    TEXT   NOT NULL,
    who         TEXT   NOT NULL,
    note        TEXT,
    PRIMARY KEY (tenant, id)
);

-- What was spent of it, kept in the transactions that close the lines.
CREATE TABLE balance_spent (
    tenant     TEXT   NOT NULL,
    currency   TEXT   NOT NULL,
    spent_nano BIGINT NOT NULL,
    PRIMARY KEY (tenant, currency)
);

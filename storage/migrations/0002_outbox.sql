-- What is still to be published to the broker, in this order: written with the fact it tells of, removed once the broker has
-- acknowledged it. An id is never used again: who reads remembers how far he is.

CREATE TABLE outbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT    NOT NULL,
    topic    TEXT    NOT NULL, -- below <prefix>/<site>/
    at       INTEGER NOT NULL, -- when it happened
    payload  TEXT    NOT NULL
) STRICT;

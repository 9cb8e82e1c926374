-- Stretches of time in which the PBX was not heard: what happened in them was not seen.

CREATE TABLE gap (
    key      INTEGER PRIMARY KEY,
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    reason   TEXT    NOT NULL, -- connection_lost, silent, slow, account_changed, stopped, killed, pbx_restarted
    UNIQUE (began_at, ended_at) -- told twice it is stored once
) STRICT;

CREATE INDEX gap_by_end ON gap (ended_at);

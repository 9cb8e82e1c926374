-- The calls that live, as they stood when one of them changed last: what a daemon that was stopped or died takes up again. A row
-- goes in the transaction that stores the call's end.

CREATE TABLE live_call (
    id       TEXT    NOT NULL PRIMARY KEY,
    boot     TEXT    NOT NULL, -- the run of the PBX
    kept_at  INTEGER NOT NULL,
    document TEXT    NOT NULL  -- handlers/calls/kept.py
) STRICT, WITHOUT ROWID;

-- Until when the PBX was heard: where the gap begins that our own absence is.
CREATE TABLE heard (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    until  INTEGER NOT NULL,
    reason TEXT    NOT NULL -- of the gap, if nothing more is heard: killed, unless it was stopped or the PBX was not heard anyway
) STRICT;

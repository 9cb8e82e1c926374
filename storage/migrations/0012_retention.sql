-- From when on calls are kept (`storage.keep`), and what time of day that is reckoned from: never one that a clock set wrong says
-- alone, see storage/retention.py.

CREATE TABLE retention (
    one         INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    believed_at INTEGER NOT NULL, -- the time of day, as far as it is believed
    advanced_at INTEGER NOT NULL, -- when by the clock that was settled
    kept_from   INTEGER           -- calls that began before this may be gone; NULL: all that ever were stored are there
) STRICT;

-- What is older is found without reading what is not.
CREATE INDEX request_done ON request (done_at) WHERE done_at IS NOT NULL;

-- A talk that began while nobody listened: `started_at` is when it was found, by which it had begun.

ALTER TABLE talk ADD COLUMN begun_unseen INTEGER NOT NULL DEFAULT 0;

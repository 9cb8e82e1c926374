-- A number that is to be forgotten is a request of kind `forget`: `subject` is the number, until nothing else of it is left, and then
-- `text`, the word that stands in its place from then on.

CREATE INDEX request_to_forget ON request (id) WHERE kind = 'forget' AND done_at IS NULL;

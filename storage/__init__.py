"""Calls in SQLite: schema and migrations, writing facts, reading them back as the same facts.

Moments are INTEGER epoch milliseconds (`..._at`) and durations INTEGER milliseconds (`..._ms`) in the file, seconds as
float everywhere else; `tables` converts, in SQL, on the way in and out. Integers, because the contract promises
milliseconds and nothing finer: sums and comparisons are exact, equal moments are equal, a STRICT table refuses anything
else, and the number reads the same in every program that opens the file. A float second would need eight bytes for six.

One writer, any number of readers (WAL): `database` opens both, `writer` feeds the one from a queue that never waits,
`calls` answers questions through the other.
"""

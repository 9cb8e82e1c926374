"""What an event costs: `make bench`, or `python -m tests.bench [--events N] [--rounds N]`.

`stream` makes the traffic of the recordings, `pbx` sends it over loopback TCP, `readers` are the four that read it, each in a process
of its own; `__main__` lets them take turns and prints the table. docs/performance.md says what came out, and why.
"""

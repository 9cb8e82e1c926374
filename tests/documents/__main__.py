"""`python -m tests.documents` writes the documents that come from the code's own definitions: `make docs`."""

from tests.documents.written import write

write()

"""`python -m tests.documents` writes the documents that come from the code's own definitions: `make docs`."""

from tests.documents import alerts_page, metrics_page

for module in (alerts_page, metrics_page):
    module.PAGE.write_text(module.page())

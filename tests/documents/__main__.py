"""`python -m tests.documents` writes the documents that come from the code's own definitions: `make docs`."""

from tests.documents import alerts_page, metrics_page, mqtt_page
from tests.documents.written import documents, write

for module in (alerts_page, metrics_page, mqtt_page):
    module.PAGE.write_text(module.page())
write(documents())

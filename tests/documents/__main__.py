"""`python -m tests.documents` writes the documents that come from the code's own definitions: `make docs`."""

from tests.documents import mqtt_page
from tests.documents.written import documents, write

for module in (mqtt_page,):
    module.PAGE.write_text(module.page())
write(documents())

"""`python -m tests.documents` writes the documents that come from the code's own definitions: `make docs`."""

from tests.documents import mqtt_page
from tests.documents.written import documents, write

write({**documents(), mqtt_page.PAGE: mqtt_page.page()})

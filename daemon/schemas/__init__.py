"""What others are told, as JSON Schemas: the one definition behind AsyncAPI, OpenAPI, docs and the tests. Nothing here runs in the daemon."""

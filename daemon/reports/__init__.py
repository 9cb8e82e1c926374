"""How lists and reports look: one document of typed cells, and what makes a terminal's table, CSV, XLSX or a page of it."""

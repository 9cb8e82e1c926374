"""Bytes of anybody, thrown at whatever reads them: found by atheris (`make fuzz`), kept minimised, tried with each run of the tests."""

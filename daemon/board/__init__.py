"""What is told of the PBX to whoever watches: topics and payloads (contract, section 8), built once for all sinks that tell it."""

"""Sessions on rows that happen now: read as they come, told when they are missing, armed by a person."""

"""The answers of the command line by GET, without a session."""

"""Who executes a run: processes of their own, which outlive the server."""

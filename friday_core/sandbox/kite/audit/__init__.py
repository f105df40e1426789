"""What happened in the Kite sandbox, line by line, and what that says about the client."""

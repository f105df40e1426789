"""What ``friday new`` makes: hosts, and packages of one plugin."""

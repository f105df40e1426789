"""The paper broker as a process: orders, trades and faults on disk, spoken to over a socket."""

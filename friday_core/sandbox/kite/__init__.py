"""A server on the loopback that speaks Kite Connect v3: prices, orders, books, sockets and faults."""

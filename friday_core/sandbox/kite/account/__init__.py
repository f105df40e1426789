"""One client's account at the broker of the Kite sandbox: orders, trades, positions, holdings, money, GTTs."""

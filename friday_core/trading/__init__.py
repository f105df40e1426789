"""From decisions to orders and books: strategies, sizing, risk, orders, ledger."""

"""Whether every way of executing a program gives the same bits, and which operator is the first to differ."""

"""What goes wrong in the Kite sandbox, and when: faults, rules, scenarios."""

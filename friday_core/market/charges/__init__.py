"""What an executed order costs in India, from dated tables, to the paisa."""

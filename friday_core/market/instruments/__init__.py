"""What was listed on a day, under which name, in which lots and ticks: yesterday's question gets yesterday's answer."""

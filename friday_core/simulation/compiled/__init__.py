"""The driver's slices as a kernel: what it does not do it leaves to the driver, so that the result is the driver's."""

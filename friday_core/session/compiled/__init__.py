"""Blocks of slices by the kernel: the driver's objects go in and come out, and the result is the driver's."""

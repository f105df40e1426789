"""The operator table at full speed: a kernel for each operator, called by address from a short driver."""

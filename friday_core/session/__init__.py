"""One session: journal, core, driver, results."""

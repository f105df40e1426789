"""One run, or several, as a page that works from a disk: no script, no network, light and dark, printable."""

"""Clock, event bus, logging, secrets, notifications: what lives at the edges."""

"""Corporate actions of Indian shares: what they do to prices, how they are read, found and checked."""

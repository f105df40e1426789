"""The journal as files: frames, their contents, who holds them, and how they are read again."""

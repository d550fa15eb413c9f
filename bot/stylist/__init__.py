"""What a message means, before anything is drawn. Pure functions: no chat, no database."""

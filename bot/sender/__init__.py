"""The one gate to Telegram: how fast the bot may talk, who goes first, and what is tried again."""

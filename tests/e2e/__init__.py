"""The bot as its users meet it: a process of its own, talking HTTP to the small Telegram."""

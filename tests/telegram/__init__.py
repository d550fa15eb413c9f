"""A small Telegram for tests: a strict Bot API server over HTTP and people who write to the bot."""

"""Every method of the Bot API that the playground serves; importing this package registers them."""

from bot.playground.methods import editing, payments, profile, queries, sending
from bot.playground.methods.registry import METHODS, Method

__all__ = ["METHODS", "Method", "editing", "payments", "profile", "queries", "sending"]

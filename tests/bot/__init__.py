"""Tests of the bot's rooms, one module each."""

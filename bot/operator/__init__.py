"""What operators (ADMIN_IDS) do in Telegram: broadcasts of trends. The chat does not know of it."""

"""What operators (ADMIN_IDS) do in Telegram: broadcasts of trends. Knows the chat's rooms; they do not know it."""

"""The bot's memory: tables, migrations, statements, and the files of pictures and photos."""

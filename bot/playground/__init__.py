"""A local Telegram: a Bot API server, and people who write to the bot. Imported only where it is asked for.

`python -m bot --playground` puts a chat page on it; the tests act as users:

    async with TelegramServer() as telegram:               # the bot talks to telegram.url
        anna = telegram.world.person(1, "Анна", "ru")      # a user in her private chat
        wish = anna.write("красное платье")                # also: reply_to=message
        await anna.hears("Рисую")                          # waits for a text of the bot
        pictures = await anna.gets_pictures(4)
        query = anna.tap(pictures[-1], "Ещё")              # or press(message, data)
        answer = await anna.answered(query)                # {"text": …, "show_alert": …}
        anna.send_photo(jpeg, "пиджак того же стиля")      # send_album, send_file, send_sticker, …
        anna.edit(wish, "синее платье")                    # edited_message
        anna.react(pictures[0], "👍")                      # message_reaction
        query = anna.inline("платье")                      # @bot платье
        [offer, *_] = await anna.offered(query)
        anna.choose(query, offer["id"])
        anna.forward_post("Тренды осени")                  # from a channel
        anna.pay(invoice)                                  # Stars; successful_payment follows the bot's yes
        anna.blocked = True                                # my_chat_member
        friends = telegram.world.group("Подруги", anna)    # a supergroup; the bot is in privacy mode
        there = anna.at(friends)                           # the same person in the group
        there.write("@lekalo_bot пальто")
        await there.gets_pictures(4)
        telegram.world.push(channel_post={…})              # any other update
        telegram.fail("sendPhoto", 502, "Bad Gateway")     # the next call fails
        telegram.called("sendMessage")                     # what the bot called

`anna.messages`, `from_bot`, `texts`, `pictures`, `edits`, `deleted`, `actions`
and `drafts` tell what she sees; `await telegram.world.until(condition)` waits
for anything else. Messages are dicts in the Bot API's JSON.
"""

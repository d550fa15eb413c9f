"""Hypothesis strategies for whatever may stand in an update of the Bot API, and for what must not."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import strategies as st

from bot.playground.updates import KINDS

Json = dict[str, Any]
USERS = (1, 2, 3)
GROUP = -1001000000002
IDS = itertools.count(10_000_000)

NASTY = (
    "",
    " ",
    "\0",
    "\ud800",
    "\u200b\u200d\ufeff",
    "\u202eкрасное платье\u202c",
    "שמלה אדומה",
    "<b>платье</b> &amp; <script>",
    "</i></b><a href='tg://user?id=1'>x",
    "красное платье",
    "а теперь в зелёном",
    "a red dress",
    "как на фото",
    "ещё",
    "стоп",
    "/start",
    "/start draw' OR 1=1 --",
    "/history",
    "/settings@lekalo_bot",
    "/broadcast",
    "/priority 1",
    "/cancel",
    "/new x",
    "/privacy",
    "/",
    "//",
    "../../etc/passwd",
    "{prompt} %s %(x)s {0}",
    "👗❤️",
    "👩🏽‍❤️‍💋‍👨🏻" * 20,
    "ж" * 4096,
    "Z\u0351\u0363\u036d" * 300,
    "1" * 400,
)
text = st.one_of(st.sampled_from(NASTY), st.text(max_size=60))
numbers = st.integers(-(2**63), 2**63 - 1)
small = st.integers(0, 40)
entities = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["mention", "bot_command", "text_mention", "bold", "url", "quantum"]),
            "offset": st.integers(-2, 70),
            "length": st.integers(-2, 70),
        }
    ),
    max_size=2,
)
file = {"file_id": st.sampled_from(["nothing", "../secret", ""]), "file_unique_id": st.just("u")}
side = st.sampled_from([0, 1, 90, 100_000])
photo = st.lists(st.fixed_dictionaries({**file, "width": side, "height": side}), max_size=2)
document = st.fixed_dictionaries(
    file,
    optional={
        "file_name": text,
        "mime_type": st.sampled_from(["image/png", "image/svg+xml", "application/pdf", "text/html", ""]),
        "file_size": st.sampled_from([0, 10, 25_000_000, 2**40]),
    },
)
sound = st.fixed_dictionaries({**file, "duration": small})
moving = st.fixed_dictionaries({**file, "duration": small, "width": side, "height": side})
sticker = st.fixed_dictionaries(
    {
        **file,
        "type": st.just("regular"),
        "width": side,
        "height": side,
        "is_animated": st.booleans(),
        "is_video": st.booleans(),
    }
)
place = {"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)}
location = st.fixed_dictionaries(place)
user = st.fixed_dictionaries(
    {
        "id": st.sampled_from(USERS),
        "is_bot": st.sampled_from([False, False, False, True]),
        "first_name": text,
    },
    optional={
        "language_code": st.sampled_from(["ru", "en", "de", "ru-RU", "", "zz", "xx-YY-" * 9]),
        "username": text,
    },
)
CONTENT: dict[str, st.SearchStrategy[Any]] = {
    "text": text,
    "photo": photo,
    "document": document,
    "sticker": sticker,
    "voice": sound,
    "audio": sound,
    "video": moving,
    "animation": moving,
    "video_note": st.fixed_dictionaries({**file, "duration": small, "length": side}),
    "location": location,
    "venue": st.fixed_dictionaries({"location": location, "title": text, "address": text}),
    "contact": st.fixed_dictionaries({"phone_number": text, "first_name": text}),
    "dice": st.fixed_dictionaries({"emoji": text, "value": small}),
    "new_chat_title": text,
    "new_chat_members": st.lists(user, max_size=2),
    "left_chat_member": user,
    "group_chat_created": st.just(True),
    "migrate_to_chat_id": numbers,
    "web_app_data": st.fixed_dictionaries({"data": text, "button_text": text}),
    "quantum": st.dictionaries(text, numbers, max_size=2),
}
chats = st.one_of(
    st.sampled_from(USERS).map(lambda number: {"id": number, "type": "private", "first_name": "N"}),
    st.just({"id": GROUP, "type": "supergroup", "title": "<Подруги>"}),
    st.just({"id": -1009, "type": "channel", "title": "Мода"}),
)


@st.composite
def messages(draw: st.DrawFn, depth: int = 1) -> Json:
    """Mostly from a user in her own chat; sometimes nothing fits."""
    sender, chat = draw(user), draw(chats)
    if draw(st.booleans()):
        chat = {"id": sender["id"], "type": "private", "first_name": "N"}
    kind = draw(st.sampled_from(sorted(CONTENT)))
    message: Json = {
        "message_id": draw(st.integers(0, 50)),
        "date": draw(st.sampled_from([0, 1, 1_700_000_000])),
        "chat": chat,
        kind: draw(CONTENT[kind]),
    }
    if draw(st.integers(0, 9)):
        message["from"] = sender
    if kind not in ("text", "sticker") and draw(st.booleans()):
        message |= {"caption": draw(text), "caption_entities": draw(entities)}
    if draw(st.integers(0, 4)) == 0:
        message["entities"] = draw(entities)
    if draw(st.integers(0, 4)) == 0:
        message["media_group_id"] = draw(st.sampled_from(["7", "8"]))
    if draw(st.integers(0, 4)) == 0:
        message["forward_origin"] = {"type": "hidden_user", "date": 1, "sender_user_name": draw(text)}
    if depth and draw(st.integers(0, 3)) == 0:
        message["reply_to_message"] = draw(messages(depth=0))
    return message


def callback_data() -> st.SearchStrategy[str]:
    """Buttons of everybody's, of no one's, and what no button says."""
    row = st.one_of(st.integers(-1, 30), st.sampled_from([2**31, 2**63, 10**30])).map(str)
    acts = [
        "pick",
        "again",
        "vary",
        "refine",
        "chip",
        "set",
        "mix",
        "file",
        "like",
        "dislike",
        "back",
        "ratio",
    ]
    result = st.tuples(
        st.just("r"),
        st.sampled_from([*acts, "delete", "stop", "nothing"]),
        row,
        row,
        st.sampled_from(["", "colour", "colour.red", "colour.x", "type.", "70", "²", "x.y"]),
    )
    other = st.tuples(
        st.sampled_from(["p", "w"]), row, st.sampled_from(["dress", "more", "mix", "70", "join"])
    )
    rest = st.tuples(
        st.sampled_from("hkost"),
        st.sampled_from(["show", "goon", "language", "pictures", "nonsense", "try", "off", "send", "export"]),
        st.one_of(row, st.sampled_from(["", "-", "ru", "auto", "0"])),
    )
    return st.one_of(result.map(":".join), other.map(":".join), rest.map(":".join), st.text(max_size=64))


@st.composite
def updates(draw: st.DrawFn) -> Json:
    """One update with a fresh number."""
    kind = draw(st.sampled_from(["message", "message", "callback", "edited", "post", "inline", "other"]))
    update: Json = {"update_id": next(IDS)}
    if kind == "message":
        update["message"] = draw(messages())
    elif kind == "edited":
        update["edited_message"] = draw(messages())
    elif kind == "post":
        update[draw(st.sampled_from(["channel_post", "edited_channel_post"]))] = draw(messages())
    elif kind == "inline":
        update["inline_query"] = {
            "id": f"inline-{update['update_id']}",
            "from": draw(user),
            "query": draw(text),
            "offset": draw(st.sampled_from(["", "0", "30", "-1", "²", "٣", "9" * 40])),
        }
    elif kind == "callback":
        query: Json = {
            "id": f"forged-{update['update_id']}",
            "from": draw(user),
            "chat_instance": "1",
            "data": draw(callback_data()),
        }
        if draw(st.integers(0, 4)):
            query["message"] = draw(messages())
        else:
            query["inline_message_id"] = "x"
        update["callback_query"] = query
    else:
        name = draw(st.sampled_from([*sorted(KINDS), "quantum"]))
        update[name] = draw(st.one_of(st.none(), st.dictionaries(text, numbers, max_size=3), messages()))
    return update

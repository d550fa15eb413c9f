"""Everything the bot says, as functions that return Telegram HTML in the current language.

The sentences themselves are in `locales/`; names and words of users are
escaped here and nowhere else. Knows nothing but its arguments.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from html import escape

from aiogram.utils.i18n import get_i18n
from aiogram.utils.i18n import gettext as _
from babel.dates import format_date

from bot.chat import names
from bot.stylist.smalltalk import Talk
from generation.request import MAX_PHOTOS, MAX_PROMPT_CHARACTERS, Problem

BAR = 10
PROMPT_IN_CAPTION = 300
PROMPT_IN_STATUS = 60


def _quote(text: str) -> str:
    return escape(text, quote=False)


def _n(singular: str, plural: str, n: int) -> str:
    return _(singular, plural, n).format(n=n)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _title(text: str) -> str:
    return text[:1].upper() + text[1:]


def _soon(seconds: float) -> str:
    """A span of time, roughly: «40 с», «3 мин», «2 ч 10 мин»."""
    if seconds < 55:
        return _("{n} s").format(n=max(5, math.ceil(seconds / 5) * 5))
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return _("{n} min").format(n=minutes)
    if not minutes % 60:
        return _("{n} h").format(n=minutes // 60)
    return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def greeting(name: str) -> str:
    return _(
        "Hello, {name}! I am Lekalo, a stylist who draws clothes.\n\n"
        "Write what you would like to see, for example “straight leopard jeans” or “a red checked skirt”. "
        "Or send a photo, and I will draw something in its style.\n\n"
        "Need more? /help"
    ).format(name=_quote(name))


def help_text() -> str:
    return _(
        "<b>What I can do</b>\n\n"
        "✍️ <b>From words.</b> Garment, colour, pattern, fit, length: “a blue striped shirt”, “a long dark green dress”.\n\n"
        "💬 <b>Change your mind.</b> “Now in red”, “the same, but with long sleeves”, “shorter”, “without the pattern”: "
        "I remember what we are talking about. Reply to an earlier picture to go back to it.\n\n"
        "📷 <b>From a photo.</b> With a caption such as “a blazer in the same style”, or alone: I will ask. "
        "Two photos at once become a mix.\n\n"
        "🔘 <b>Buttons under a picture:</b> more of the same wish, variations, changes, a mix, the file, likes, delete.\n\n"
        "/new begins a new idea\n"
        "/history shows your pictures\n"
        "/settings: language, number, size\n"
        "/cancel stops what I am drawing\n"
        "/privacy: what is kept about you\n\n"
        "<i>Every picture is generated: it is an idea, not a product that can be bought.</i>"
    )


def new_idea() -> str:
    return _("A clean sheet! What shall I draw?")


def talk(about: Talk, name: str) -> str:
    """The answer to small talk."""
    return {
        Talk.HELLO: _("Hello, {name}! What shall I draw? For example: “a striped dress”."),
        Talk.THANKS: _("You are welcome! If you would like something changed, just write it."),
        Talk.PRAISE: _("Nice to hear! What shall I draw?"),
        Talk.ABILITIES: _(
            "I draw clothes from your words and photos. Try “a red coat”, or send a photo of something you like. "
            "The rest is in /help."
        ),
        Talk.WHO: _("I am Lekalo, a bot that draws clothes. You describe, I draw."),
        Talk.MOOD: _("I'm fine, my pencils are sharp! What shall I draw for you?"),
        Talk.BYE: _("See you! I'm here whenever you need an outfit."),
        Talk.YES: _("Good! Tell me what to draw or what to change."),
        Talk.NO: _("All right. Write when you have an idea."),
        Talk.DISLIKE: _(
            "Let's make it better. Tell me what to change: “darker”, “without the pattern”, “longer”. "
            "Or press “Change” under the picture."
        ),
        Talk.SHOP: _(
            "You can't buy what I draw: it is an idea, not a product. But an image search may find something close: "
            "take the picture with “As a file”."
        ),
        Talk.RUDE: _("I'm sorry if I got it wrong. Tell me which garment to draw, and I'll try harder."),
        Talk.LAUGH: _("Good mood is the best outfit! What shall I draw to go with it?"),
        Talk.OPINION: _(
            "I like it! If you would change something, just tell me: “darker”, “in blue”, “with a belt”."
        ),
        Talk.EXPLAIN: _("I draw better than I explain. Name a garment, and I'll show it to you."),
        Talk.ELSE: _("That is beyond me: clothes are all I know. Which garment shall I draw?"),
        Talk.RANGE: what_there_is(),
        Talk.UNSURE: _("No idea where to begin? Name any garment, or say “surprise me”."),
        Talk.SCENE: _(
            "I draw one garment from the front, on white, without a model. The size of the pictures is in /settings."
        ),
        Talk.SORRY: _("No harm done! What shall I draw?"),
        Talk.BACK: nothing_before(),
        Talk.MORE: _("More of what? Tell me what to draw first."),
        Talk.STOP: nothing_to_cancel(),
    }[about].format(name=_quote(name))


def glad_of_it() -> str:
    """She likes a picture."""
    return _("I'm glad you like it! Shall we try it in another colour?")


def nothing_before() -> str:
    return _("There is nothing to go back to. All your pictures are in /history.")


def what_there_is() -> str:
    """Everything that can be asked for by name."""

    def listed(attribute: str) -> str:
        return ", ".join(names.name(attribute, value) for value in names.NAMES[attribute] if value != "plain")

    return _(
        "<b>Garments:</b> {types}.\n<b>Colours:</b> {colours}.\n<b>Patterns:</b> {patterns}.\n\n"
        "Combine them as you like: “a striped dress”, “a red leopard skirt”."
    ).format(types=listed("type"), colours=listed("colour"), patterns=listed("pattern"))


def queued(ahead: int, wait: float | None = None) -> str:
    if not ahead:
        return _("Got it, starting to draw…")
    place = _n("Got it! {n} request is ahead of yours.", "Got it! {n} requests are ahead of yours.", ahead)
    if wait is None:
        return place
    return place + " " + _("I'll start in about {time}.").format(time=_soon(wait))


def drawing(share: float, left: float | None) -> str:
    """left: seconds until it is done, None while that cannot be told."""
    full = min(BAR, max(0, int(share * BAR)))
    bar = "▓" * full + "░" * (BAR - full)
    percent = min(100, max(0, int(share * 100)))
    if left is None:
        return _("Drawing… {bar} {percent}%").format(bar=bar, percent=percent)
    return _("Drawing… {bar} {percent}%, about {time} left").format(
        bar=bar, percent=percent, time=_soon(left)
    )


def sending() -> str:
    return _("Done! Sending the pictures…")


def stopped() -> str:
    return _("Stopped.")


def caption(
    title: str,
    understood: str = "",
    *,
    photos: int = 0,
    seen: str | None = None,
    ratio: tuple[int, int] | None = None,
    varied: bool = False,
) -> str:
    """Under the pictures: what was drawn, what was understood, and that it is no product."""
    lines = [f"<b>{_quote(_title(_short(title, PROMPT_IN_CAPTION)))}</b>"] if title else []
    if understood:
        lines.append(_quote(understood))
    if varied:
        lines.append(_("Variations of your picture."))
    elif ratio is not None:
        lines.append(_("A mix, {first} : {second}.").format(first=ratio[0], second=ratio[1]))
    elif photos:
        lines.append(_n("In the style of your photo.", "In the style of your photos.", photos))
    if seen:
        lines.append(_("In the photo I see: {seen}.").format(seen=_quote(seen)))
    lines.append("<i>" + _("Generated by a neural network: an idea, not a product.") + "</i>")
    return "\n".join(lines)


def not_mine(words: str) -> str:
    """In the caption: the second thing of a wish, which is not drawn."""
    return _("I don't draw: {words}").format(words=words)


def choose(picture: int, pictures: int) -> str:
    """Over the buttons of an album."""
    if pictures == 1:
        return _("What next?")
    return _("Picture {n} of {all}. What next?").format(n=picture, all=pictures)


def ask_garment(seen: str | None = None) -> str:
    """Over the garments to draw in a photo's style."""
    if seen is None:
        return _("A nice photo! What shall I draw in its style?")
    return _("I see: {seen}. What shall I draw in this style?").format(seen=_quote(seen))


def ask_ratio() -> str:
    return _("Two photos make a nice mix! In which ratio? Or choose a garment to draw in their style.")


def ask_type(words: str) -> str:
    """The words name attributes, but no garment."""
    return _("“{words}”: which garment shall it be?").format(words=_quote(_short(words, PROMPT_IN_STATUS)))


def ask_which() -> str:
    """The words ask for something to wear, and leave open what."""
    return _("Many things would do! Which garment shall I draw?")


def not_understood(words: str) -> str:
    return _(
        "I don't know a garment in “{words}”. Shall I draw your words as they are, or will you pick one?"
    ).format(words=_quote(_short(words, PROMPT_IN_STATUS)))


def not_drawn(words: str, near: bool) -> str:
    """A thing to wear that is not drawn; near: something like it is."""
    words = _quote(_short(words, PROMPT_IN_STATUS))
    if near:
        return _("“{words}” is not in my repertoire yet. These come closest. Which one shall I draw?").format(
            words=words
        )
    return _("I only draw clothes, shoes and hats, no “{words}”. Which of them shall I draw instead?").format(
        words=words
    )


def say_a_garment() -> str:
    return _("I need a word or two: which garment shall I draw?")


def link() -> str:
    return _("I can't open links. Send me a photo or a screenshot from there, or describe it in words.")


def other_language() -> str:
    return _("I only read English and Russian so far. Could you write it in one of them?")


def forwarded(words: str) -> str:
    return _("This is a forwarded post. Shall I draw “{words}” from it?").format(
        words=_quote(_short(words, PROMPT_IN_STATUS))
    )


def forwarded_without_garment() -> str:
    return _("I see no garment in this post. Tell me in your own words what to draw.")


def ask_photo() -> str:
    return _("Gladly! Now send me the photo with that style.")


def ask_mix() -> str:
    return _(
        "What shall I mix it with? Send a photo, or press “Mix” under another picture. /cancel if you change your mind."
    )


def mixed_with_itself() -> str:
    return _("That is the same picture. Choose another one.")


def going_on(title: str) -> str:
    return _("We go on with “{title}”. Write what you would like to change.").format(
        title=_quote(_short(title, PROMPT_IN_STATUS))
    )


def cancelled(count: int) -> str:
    return _n("Stopped {n} request.", "Stopped {n} requests.", count)


def nothing_to_cancel() -> str:
    return _("There is nothing to stop: I am not drawing anything for you at the moment.")


def forgotten_question() -> str:
    return _("All right, never mind.")


def only_words_and_photos() -> str:
    return _(
        "I only understand words and photos. Write which garment to draw, or send a photo with a caption."
    )


def sticker() -> str:
    return _("A lovely sticker! But I draw from words and photos. Try “a yellow raincoat” or 👗.")


def voice() -> str:
    return _("I can't listen to audio yet. Please write it: a word or two will do.")


def video() -> str:
    return _("I can't watch videos. Send me a screenshot of the best moment instead!")


def only_emoji() -> str:
    return _("I can read some emoji: 👗 is a dress, 👖❤️ are red trousers. Which garment shall I draw?")


def no_such_command() -> str:
    return _("I do not know this command. /help shows what I can do.")


def not_a_picture_file() -> str:
    return _("I cannot open this file as a picture. Please send a photo (JPEG, PNG or WebP).")


def file_too_large(megabytes: int) -> str:
    return _(
        "This file is too large for me: Telegram gives bots at most {megabytes} MB. A photo will do."
    ).format(megabytes=megabytes)


def photo_lost() -> str:
    return _("I could not get your photo from Telegram. Please send it once more.")


def too_long() -> str:
    return _n(
        "That is a lot of words! Please keep to {n} character.",
        "That is a lot of words! Please keep to {n} characters.",
        MAX_PROMPT_CHARACTERS,
    )


def too_many_photos() -> str:
    return _n("I can take {n} photo at once.", "I can take at most {n} photos at once.", MAX_PHOTOS)


def went_wrong() -> str:
    return _("Something went wrong on my side. Please try once more in a minute.")


def enough_at_once(waiting: int) -> str:
    return _n(
        "I am still working on {n} request of yours. Let me finish it first, then we go on.",
        "I am still working on {n} requests of yours. Let me finish one first, then we go on.",
        waiting,
    )


def enough_for_today(until: datetime, now: datetime) -> str:
    return _(
        "That was a lot of drawing for one day! We can go on in {time}. Meanwhile, all your pictures are in /history."
    ).format(time=_soon(max(timedelta(minutes=1), until - now).total_seconds()))


def cannot_keep() -> str:
    """Something technical keeps the bot from writing anything down."""
    return _(
        "I can't write anything down at the moment: a technical trouble on my side. "
        "Nothing you sent is lost, I'll answer as soon as it is over."
    )


def queue_is_full(wait: float | None) -> str:
    """wait: seconds until there is room again, about."""
    return _(
        "So many people are drawing with me right now that my queue is full. "
        "Please send it once more in about {time}."
    ).format(time=_soon(max(60.0, wait or 0.0)))


def not_yours() -> str:
    return _("These buttons belong to someone else. Write to me, and you will have your own!")


def gone() -> str:
    return _("This picture is deleted.")


def liked(opinion: bool | None) -> str:
    if opinion is None:
        return _("Taken back.")
    return _("Noted: you like it!") if opinion else _("Noted: not your style.")


def deleted() -> str:
    return _("Deleted.")


def deleted_caption() -> str:
    return "<i>" + _("This picture is deleted.") + "</i>"


def file_comes() -> str:
    return _("Sending the file…")


def accepted() -> str:
    return _("Got it!")


def choose_value(attribute: str) -> str:
    return _("Choose: {attribute}").format(attribute=attribute)


def no_history() -> str:
    return _("Nothing here yet. Write what to draw, and your pictures will be kept here.")


def history_caption(title: str, understood: str, when: datetime, number: int, total: int) -> str:
    lines = [f"<b>{_quote(_title(_short(title, PROMPT_IN_CAPTION)))}</b>"] if title else []
    if understood:
        lines.append(_quote(understood))
    lines.append(_("{date} · {n} of {all}").format(date=_date(when), n=number, all=total))
    return "\n".join(lines)


def _date(when: datetime) -> str:
    return format_date(when, locale=get_i18n().current_locale)


def untitled() -> str:
    return _("A look from photos")


def settings(language: str, count: int, size: str, whom: str) -> str:
    return _(
        "<b>Settings</b>\n\n"
        "Language: {language}\n"
        "Pictures per request: {count}\n"
        "Size: {size}\n"
        "Clothes: {whom}"
    ).format(language=_quote(language), count=count, size=size, whom=whom)


def privacy(messages: int, requests: int, pictures: int, photos: int) -> str:
    return (
        _(
            "<b>What I keep about you</b>\n\n"
            "Your name in Telegram, your language and settings, our messages, your photos (without the place where "
            "they were taken), your requests, the pictures and your likes. Other users never see them."
        )
        + "\n\n"
        + _("Now: messages {messages}, requests {requests}, pictures {pictures}, photos {photos}.").format(
            messages=messages, requests=requests, pictures=pictures, photos=photos
        )
        + "\n\n"
        + _("You can take all of it with you as an archive, or have all of it deleted.")
    )


def export_comes() -> str:
    return _("Packing your archive…")


def export_caption(part: int, parts: int) -> str:
    if parts == 1:
        return _("Everything I keep about you.")
    return _("Everything I keep about you, part {n} of {all}.").format(n=part, all=parts)


def really_forget() -> str:
    return _(
        "Shall I delete everything: messages, photos, pictures, likes, settings? It cannot be undone. "
        "What I am drawing for you now will be stopped."
    )


def forgotten() -> str:
    return _("Done: everything I knew about you is deleted. If you write again, we'll start afresh.")


def kept() -> str:
    return _("Good, everything stays as it is.")


def only_in_private() -> str:
    return _("That stays between the two of us: let's do it in our private chat.")


def inline_title(title: str) -> str:
    return _title(_short(title, PROMPT_IN_STATUS))


def apology(problem: str | None) -> str:
    """Why a request was not drawn."""
    known = {
        Problem.EMPTY_PROMPT: say_a_garment(),
        Problem.PROMPT_TOO_LONG: too_long(),
        Problem.NOT_A_PICTURE: not_a_picture_file(),
        Problem.BROKEN_PICTURE: _(
            "The photo is damaged and I cannot open it. Please send it once more or choose another."
        ),
        Problem.PICTURE_TOO_LARGE: _(
            "The picture has too many pixels for me. Please send it as an ordinary photo."
        ),
        Problem.TOO_MANY_PHOTOS: too_many_photos(),
        Problem.BAD_SIZE: _("I cannot draw in this size. Please choose another one in /settings."),
    }
    otherwise = _("I am sorry, I did not manage to draw this. Please try once more or say it in other words.")
    return next((sentence for name, sentence in known.items() if name == problem), otherwise)

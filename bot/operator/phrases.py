"""What operators read, and the two buttons that everybody reads; see `bot.chat.phrases`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from aiogram.utils.i18n import get_i18n
from aiogram.utils.i18n import gettext as _
from babel.dates import format_datetime

from bot.store.campaigns import Broadcast, Count, Fate, Stage
from bot.store.patience import Fault
from bot.store.people import Known


def _n(singular: str, plural: str, n: int) -> str:
    return _(singular, plural, n).format(n=n)


def moment(when: datetime, zone: str) -> str:
    here = when.astimezone(ZoneInfo(zone))
    return format_datetime(here, "d MMMM HH:mm", locale=get_i18n().current_locale) + f" ({zone})"


def people(n: int) -> str:
    return _n("{n} person", "{n} people", n)


def stage(broadcast: Broadcast) -> str:
    return {
        Stage.DRAFT: _("draft"),
        Stage.SCHEDULED: _("scheduled"),
        Stage.RUNNING: _("is being sent"),
        Stage.PAUSED: _("paused"),
        Stage.DONE: _("sent"),
        Stage.CANCELLED: _("cancelled"),
    }[broadcast.state]


def head(broadcast: Broadcast) -> str:
    return "<b>" + _("Broadcast {n}: {stage}").format(n=broadcast.id, stage=stage(broadcast)) + "</b>"


def text_of(language: str, text: str | None) -> str:
    return _("Text, {language}: {text}").format(language=language, text=_("none") if text is None else text)


def picture(broadcast: Broadcast) -> str:
    if broadcast.file_id is not None:
        return _("Picture: there is one")
    return _("Picture: is being drawn") if broadcast.job_id is not None else _("Picture: none")


def trend(prompt: str | None) -> str:
    return _("“Try it” draws: {prompt}").format(prompt="—" if prompt is None else escape(prompt, quote=False))


def when(broadcast: Broadcast) -> str:
    if broadcast.start_at is None or broadcast.zone is None:
        return _("When: at once")
    return _("When: {moment}").format(moment=moment(broadcast.start_at, broadcast.zone))


def audience(n: int) -> str:
    return _("Audience: {people}").format(people=people(n))


def quiet(until: datetime, zone: str) -> str:
    return _("Quiet hours: it goes on at {moment}.").format(moment=moment(until, zone))


def progress(count: Count) -> str:
    done = count.total - count[Fate.PENDING] - count[Fate.SENDING]
    return _("Done with {done} of {total}").format(done=done, total=count.total)


def fates(count: Count) -> str:
    lines = [
        _("Sent: {n}").format(n=count[Fate.SENT]),
        _("Blocked the bot: {n}").format(n=count[Fate.GONE]),
        _("Skipped (had one today, or want none): {n}").format(n=count[Fate.SKIPPED]),
        _("Failed: {n}").format(n=count[Fate.FAILED]),
    ]
    if left := count[Fate.PENDING] + count[Fate.SENDING]:
        lines.append(_("Not sent: {n}").format(n=left))
    lines.append(_("Tried it: {n}").format(n=count.tried))
    lines.append(_("Want no more: {n}").format(n=count.left))
    return "\n".join(lines)


def problem(reason: str) -> str:
    return _("Telegram refused it to several in a row, so I paused it: {reason}").format(
        reason=escape(reason, quote=False)
    )


def ask_text(language: str) -> str:
    return _("Send me the text in this language: {language}. Bold, links and the like are kept.").format(
        language=language
    )


def ask_picture() -> str:
    return _("Send me the picture as a photo.")


def ask_trend() -> str:
    return _("Which trend? Write it as a request, for example “a wide denim maxi skirt”. I will draw it.")


def ask_when(zone: str) -> str:
    return _("When? For example 28.11 12:00, or 12:00 Asia/Almaty. Without a zone I take {zone}.").format(
        zone=zone
    )


def not_a_time() -> str:
    return _("I cannot read that as a time to come. For example: 28.11 12:00")


def not_text(longest: int) -> str:
    return _("That must be a text of at most {n} characters.").format(n=longest)


def not_a_photo() -> str:
    return _("That is no photo. Send me the picture as a photo, not as a file.")


def nothing_to_send() -> str:
    return _("There is nothing to send yet: write a text.")


def still_drawing() -> str:
    return _("The picture is still being drawn. Wait for it, or send another.")


def sure(n: int) -> str:
    return _("Send it to {people}?").format(people=people(n))


def too_late() -> str:
    return _("That is not possible any more.")


def _user(user: Known) -> str:
    name = escape(user.first_name, quote=False)
    return f"{name} (@{user.username}, {user.id})" if user.username else f"{name} ({user.id})"


def favoured(users: Sequence[Known]) -> str:
    """Whose wishes go first, and how to change that."""
    head = _("Whose requests go first:") if users else _("Nobody's requests go first.")
    return "\n".join([head, *(_user(user) for user in users), "", how_to_favour()])


def how_to_favour() -> str:
    return _("/priority 123456 or /priority @name lets somebody go first, /priority @name off ends it.")


def goes_first(user: Known) -> str:
    return _("The requests of {user} go first from now on.").format(user=_user(user))


def goes_with_all(user: Known) -> str:
    return _("The requests of {user} wait like all others again.").format(user=_user(user))


def nobody(name: str) -> str:
    return _("I know nobody by the name “{name}”. Whoever is to go first must have written to me.").format(
        name=escape(name[:40], quote=False)
    )


def cannot_keep(fault: Fault) -> str:
    """What is wrong with the disk or the database, and what to do."""
    return (
        "⚠️ "
        + {
            Fault.FULL: _("The disk is full: nothing can be kept. Make room for DATA_DIR and the database."),
            Fault.READ_ONLY: _(
                "DATA_DIR or the database cannot be written to: look at its rights and its disk."
            ),
            Fault.BUSY: _("Another program keeps the database locked: end it."),
            Fault.BROKEN: _("The database or the disk does not answer: look at it and at the log."),
        }[fault]
        + " "
        + _("Everything waits and nothing is lost; I go on by myself.")
    )


def kept_again() -> str:
    return "✅ " + _("The disk and the database work again, I go on.")


def clock_moved(seconds: float) -> str:
    n = max(1, round(abs(seconds) / 60))
    if seconds < 0:
        moved = _n("The clock was set back by {n} minute.", "The clock was set back by {n} minutes.", n)
    else:
        moved = _n("The clock was set forward by {n} minute.", "The clock was set forward by {n} minutes.", n)
    go_on = _("Requests are drawn all the same; broadcasts and limits of a day go by the new time.")
    return f"⚠️ {moved} {go_on}"


def trends_off() -> str:
    return _("No more trends for you. You can still draw whatever you like.")


def trends_on() -> str:
    return _("You will hear of new trends again.")


def label(act: str, language: str = "") -> str:
    return {
        "text": "✏️ " + _("Text: {language}").format(language=language),
        "picture": "🖼 " + _("Picture"),
        "trend": "✨ " + _("Trend"),
        "when": "🕐 " + _("When"),
        "at_once": _("At once"),
        "show": "👁 " + _("Show me"),
        "send": "📣 " + _("Send"),
        "really": _("Yes, send"),
        "card": "‹ " + _("Back"),
        "pause": "⏸ " + _("Pause"),
        "resume": "▶️ " + _("Go on"),
        "cancel": "✖️ " + _("Cancel the broadcast"),
        "try": "👗 " + _("Try it"),
        "off": "🔕 " + _("No more trends"),
        "on": "🔔 " + _("Trends again"),
    }[act]

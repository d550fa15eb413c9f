"""Answers to buttons and to inline queries."""

from __future__ import annotations

from typing import Any

from bot.playground.markup import Json
from bot.playground.methods.registry import method, some
from bot.playground.params import Params
from bot.playground.refusal import Refused
from bot.playground.rules import caption_of, keyboard_of, only
from bot.playground.state import State

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
ANSWER_CHARACTERS = 200
RESULTS = 50
PHOTO_RESULT = [
    "type",
    "id",
    "photo_file_id",
    "title",
    "description",
    "caption",
    "parse_mode",
    "caption_entities",
    "show_caption_above_media",
    "reply_markup",
]


@method("answerCallbackQuery", "callback_query_id", "text show_alert url cache_time")
async def answer_callback_query(world: State, params: Params) -> bool:
    if len(params.get("text", "")) > ANSWER_CHARACTERS:
        raise Refused("MESSAGE_TOO_LONG")
    query = taken(world, params["callback_query_id"], "callback")
    world.answers.append(params.fields)
    shown = {key: params[key] for key in ("text", "show_alert", "url") if key in params}
    world.tell("answer", query["chat"], user=query["user"], query=params["callback_query_id"], **shown)
    return True


@method("answerInlineQuery", "inline_query_id results", "cache_time is_personal next_offset button")
async def answer_inline_query(world: State, params: Params) -> bool:
    results = params["results"]
    if not isinstance(results, list):
        raise Refused("can't parse results JSON object")
    if len(results) > RESULTS:
        raise Refused("RESULTS_TOO_MUCH")
    if len(params.get("next_offset", "").encode()) > 64:
        raise Refused("NEXT_OFFSET_INVALID")
    made = [_offered(world, result) for result in results]
    if len({result["id"] for result in made}) != len(made):
        raise Refused("RESULT_ID_DUPLICATE")
    query = taken(world, params["inline_query_id"], "inline")
    world.offers[params["inline_query_id"]] = {
        "query": query["text"],
        "results": made,
        **some(next_offset=params.get("next_offset"), button=params.get("button")),
    }
    world.tell("offers", query["chat"], user=query["user"], query=params["inline_query_id"])
    return True


def taken(world: State, query_id: str, kind: str) -> Json:
    """The query, which may be answered once; raises Refused when it is gone."""
    query = world.queries.get(query_id)
    if query is None or query["kind"] != kind:
        raise Refused(TOO_OLD)
    del world.queries[query_id]
    world.tell("query")
    return query


def _offered(world: State, result: Any) -> Json:
    """A result and the content of the message that choosing it would send."""
    if not isinstance(result, dict) or result.get("type") != "photo" or "photo_file_id" not in result:
        raise Refused("can't parse inline query result: this server knows cached photos")
    only(result, PHOTO_RESULT, "InlineQueryResultCachedPhoto")
    if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
        raise Refused("RESULT_ID_INVALID")
    file = world.files.get(result["photo_file_id"])
    if file is None or not file.sizes:
        raise Refused("FILE_REFERENCE_INVALID" if file is None else "PHOTO_INVALID")
    caption, entities = caption_of(result)
    markup = keyboard_of(result.get("reply_markup"))
    content = {"photo": file.sizes, **some(caption=caption, caption_entities=entities, reply_markup=markup)}
    return {**result, "content": content}

"""What is not wanted: «без полосок», «не красное, а синее», "anything but black", "I hate pink". Knows tokens."""

from __future__ import annotations

from generation.vocabulary import bases

_NOT = frozenset(
    {
        *(
            "без",
            "не",
            "нет",
            "ни",
            "кроме",
            "убрать",
            "убери",
            "уберите",
            "вместо",
            "ненавидеть",
            "терпеть",
            "никакой",
        ),
        *(
            "without",
            "no",
            "not",
            "remove",
            "drop",
            "except",
            "hate",
            "dislike",
            "avoid",
            "nor",
            "nothing",
            "lose",
            "ditch",
        ),
    }
)
_BETWEEN = frozenset(
    {
        *(
            "the",
            "a",
            "an",
            "any",
            "to",
            "of",
            "этот",
            "весь",
            "очень",
            "слишком",
            "very",
            "too",
            "so",
            "только",
            "ничего",
            "anything",
        ),
        *("хотеть", "любить", "надо", "нужно", "нужный", "носить", "нравиться", "идти", "мне"),
        *("want", "like", "love", "need", "wear", "do", "have", "be", "in"),
    }
)
"""What may stand between the "not" and what it is said of."""
_DISLIKED = frozenset({"идти", "подходить", "нравиться", "нужный", "нужно", "надо", "хотеть", "любить"})
"""«розовый мне не идёт»"""
_ALL = frozenset(
    {"any", "anything", "everything", "all", "nothing", "every", "colour", "color", "любой", "что"}
)
TAKE_AWAY = frozenset({"убери", "убрать", "уберите", "remove", "drop", "lose", "ditch"})


def negated(tokens: list[str], at: int) -> bool:
    """Whether the words at a place are said not to be wanted."""
    after = [token for token in tokens[at + 1 : at + 5] if token not in ("мне", "цвет", "совсем", "вообще")]
    if after[:1] == ["не"] and len(after) > 1 and bases(after[1]) & _DISLIKED:
        return True
    if after[:2] in (["не", "мой"], ["не", "мои"]):
        return True
    before = at - 1
    while before >= 0 and (tokens[before] in _BETWEEN or bases(tokens[before]) & _BETWEEN):
        if _is_not(tokens, before):
            return True
        before -= 1
    if before > 0 and tokens[before] in ("и", "или", "or", "and") and tokens[at] != "с":
        # «без капюшона и карманов»: of a list the first has the word
        return (
            before > 1 and tokens[before - 2] in ("без", "without", "no") and tokens[at] not in ("с", "with")
        )
    return before >= 0 and _is_not(tokens, before)


def _is_not(tokens: list[str], at: int) -> bool:
    word, before = tokens[at], tokens[at - 1] if at else ""
    if word in _NOT or bases(word) & _NOT:
        return True
    if word == "t":  # "don't", "isn't"
        return before in ("don", "doesn", "isn", "didn", "won")
    if word == "but":
        return before in _ALL
    return word == "of" and before == "instead"

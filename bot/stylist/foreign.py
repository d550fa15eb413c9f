"""Whether words are in neither of the two languages that are understood. Knows letters and a few small words."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = frozenset("әғқңөұүһҷҳӣӯҗіїєґўјљњћђџѓќáàâãäåąăçćčďéèêëęěíìîïıľłńñňóòôõöøőřśšşťúùûüůűýÿźżžßæœ")
"""Of languages with Latin or Cyrillic letters that are neither English nor Russian."""
_WORDS = frozenset(
    """
    une un le la les des du avec pour je veux voudrais robe rouge bleu noir blanc jupe chemise
    der die das ein eine einen mit für ich möchte will kleid rot rotes blau schwarz weiß hose bitte hemd rock
    el los las una con para por quiero vestido rojo azul negro blanco falda camisa favor
    il lo gli uno vorrei vestito rosso nero bianco gonna camicia
    o os um uma com quero vermelho preto branco saia
    bir ve için elbise istiyorum kırmızı mavi siyah beyaz lütfen
    sukienka czerwona proszę chcę jest i z na spódnica koszula czarna
    сукню сукня червону червона червоне спідниця спідницю блакитну блакитна жовта жовту чорну чорна чорне рожева рожеву
    помаранчева коричнева зелену будь ласка штани взуття светр пальта светри намалюй спадніца сукенка чырвоная
    rotes blaues schwarzes weisses grün rote blaue schwarze jacke mantel schuhe bluse
    pantalon chemisier manteau chaussures veste rouge rouges noire noires bleue blanche
    pantalones zapatos chaqueta abrigo roja rojos negra negros blanca
    pantaloni scarpe giacca cappotto camicetta rossa rosso nera
    vestido calças sapatos casaco jaqueta
    gömlek etek pantolon ayakkabı ceket kazak istiyorum kirmizi siyah
    """.split()
)
_ENGLISH = frozenset(
    "the a an i me my you is are of with for to in on and or draw want please show make it".split()
)
_SHORT = frozenset({"i", "a", "o", "z", "na", "un", "la", "die", "will", "rock", "as"})
"""Words that English has as well."""


def is_english(words: str) -> bool:
    """Whether it has small words that only English has; without them Latin letters may be another's."""
    return bool(_ENGLISH & set(re.findall(r"\w+", words.lower())))


def language_of(words: str) -> str | None:
    """The code "ru" or "en" where it is plain which of the two it is; a name of a garment alone may be either's."""
    if is_foreign(words):
        return None
    if any("а" <= letter <= "я" for letter in words.lower()):
        return "ru"
    return "en" if is_english(words) else None


def is_foreign(words: str) -> bool:
    """Surely neither Russian nor English; doubtful words are not foreign."""
    letters = [letter for letter in words.lower() if letter.isalpha()]
    if not letters:
        return False
    known = sum(unicodedata.name(letter, "").startswith(("LATIN", "CYRILLIC")) for letter in letters)
    if known * 2 < len(letters) or _LETTERS & set(letters):
        return True
    said = re.findall(r"\w+", words.lower())
    foreign = sum(word in _WORDS - _SHORT for word in said)
    return foreign > 0 and not _ENGLISH & set(said)

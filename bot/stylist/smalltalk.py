"""Messages that are no wish: a greeting, a thank-you, "what can you do?". Knows no answer to them."""

from __future__ import annotations

import re
from enum import StrEnum

from bot.stylist.tidying import without_links
from generation.vocabulary import fold


class Talk(StrEnum):
    """What is meant. MORE, BACK, STOP and SURPRISE ask for something to be done; the others want a sentence."""

    HELLO = "hello"
    THANKS = "thanks"
    PRAISE = "praise"
    ABILITIES = "abilities"
    WHO = "who"
    MOOD = "mood"
    BYE = "bye"
    YES = "yes"
    NO = "no"
    DISLIKE = "dislike"
    SHOP = "shop"
    MORE = "more"
    BACK = "back"
    STOP = "stop"
    SURPRISE = "surprise"
    RANGE = "range"
    RUDE = "rude"
    LAUGH = "laugh"
    SORRY = "sorry"
    UNSURE = "unsure"
    SCENE = "scene"
    OPINION = "opinion"
    EXPLAIN = "explain"
    ELSE = "else"


_WHOLE: dict[Talk, str] = {
    Talk.HELLO: r"(?:ну )?(?:привет\w*|здравствуй(?:те)?|здрасте|добр\w+ (?:день|вечер|утро|ночи)|доброго времени суток|"
    r"хай|салют|хелло|здаров\w*|здоров[ао]|приветики|алло|ау|тест\w*|(?:ты |кто нибудь )?(?:тут|здесь|на связи|есть кто)|"
    r"privet\w*|zdravstvuy(?:te)?|hi+|hello+|hey+|hiya|howdy|yo|greetings|test(?:ing)?|(?:are you|any(?:one|body)) (?:there|here)|good (?:morning|evening|afternoon|day))"
    r"(?: (?:всем|бот|лекало|кто нибудь|дорогой|друг|there|bot|lekalo|again|и тебе|стилист|снова|everyone|all|friend))*",
    Talk.THANKS: r"(?:ок(?:ей)? |о |все |ну |ладно |хорошо |понятно |нет |no |ok |okay |great |perfect |класс |супер )*(?:большое |огромное |many )?(?:спасиб\w*|спс|пасиб\w*|благодарю|благодарствую|мерси|сенкс|spasibo|thanks?|thank (?:you|u)|thx|thnx|tnx|tysm|ty|cheers|merci)"
    r"(?: (?:большое|огромное|тебе|вам|вас|a lot|so much|very much|you|бот|lekalo|лекало|much|все|всё|помог\w*|a bunch|bot|не надо|больше не надо|that s all|that is all|за .*|for .*))*",
    Talk.PRAISE: r"(?:это |очень |как |так |it is |its |it s |that is |that s |this is |very |so |really |просто )*"
    r"(?:класс\w*|супер|круто|клево|здорово|прекрасно|отлично|красиво|красота|шикарно|огонь|вау|ого|бомба|топчик|"
    r"(?:мне )?(?:очень )?нравится|мило|миленько|красив\w+|прикольн\w*|симпатичн\w*|стильно|молодец|умница|бомбически|восторг|идеально|то что надо|обожаю(?: (?:тебя|вас|это))?|(?:я )?(?:тебя )?люблю(?: тебя)?|"
    r"ты (?:лучш\w+|супер|крут\w+|гений|чудо|прелесть|молодец|умница)|you (?:are|re) (?:the best|great|amazing|awesome|so good|a genius|sweet)|(?:i )?(?:love|adore) (?:you|u)|great|cool|nice|awesome|amazing|beautiful|lovely|perfect|wow|love it|sick|dope|stunning|obsessed|slay|"
    r"(?:i )?(?:really )?(?:love|like) (?:it|this|them|that)|good job|well done|gorgeous|excellent|brilliant)"
    r"(?: (?:бот|очень|получилось|вышло|job|work|thanks?|спасибо))*",
    Talk.BYE: r"(?:пока(?: пока)?|до свидания|до завтра|всего доброго|спокойной ночи|увидимся|bye(?: bye)?|goodbye|see (?:you|ya)|cya|"
    r"good night|have a (?:nice|good) (?:day|evening|one)|take care|later|ciao|всем пока|чао|бай|прощай\w*|удачи)(?: (?:бот|bot|лекало|lekalo|всем|everyone))*",
    Talk.YES: r"(?:(?:ну |да |о )*(?:да|ага|угу|хорошо|ладно|ок(?:ей)?|окей|конечно|понятно|ясно|давай(?:те)?|попробуем|можно|хочу|пожалуй|yes|yeah|yep|yup|yea|sure|ok(?:ay)?|k|kk|fine|alright|got it|why not|let s|go ahead|please do))(?: (?:давай(?:те)?|please|pls|plz|пожалуйста|конечно|let s|try|попробуем))*",
    Talk.NO: r"(?:нет|неа|не надо|не нужно|не хочу|ничего|забудь(?:те)?|забей|проехали|неважно|передумал[аи]?|потом|не сейчас|no|nope|nah|never ?mind|nvm|forget (?:it|about it)|not now|i changed my mind|nothing)(?: (?:спасибо|thanks?|thank you|не надо|не нужно|пожалуй|сейчас|уже))*",
    Talk.MORE: r"(?:а |ну |и )?(?:еще|дай еще|ещ[её] раз|еще варианты?|другие|друг(?:ой|ую|ое|ие)(?: вариант\w*)?|повтори(?:те)?|заново|"
    r"покажи еще|нарисуй еще|еще один|еще одну|давай еще|(?:show |give |draw )?(?:me )?(?:some )?more|again|another(?: one)?|once more|"
    r"one more|(?:show me )?other (?:ones|variants|options)|redo|try again|retry)(?: (?:вариант\w*|картинк\w*|please|пожалуйста|"
    r"такое|таких|такую|парочк\w+|пару|немного|вариантов|есть|time|options|ones|of (?:these|those|them)|like (?:this|that)))*|(?:a )?(?:few|couple)(?: of)? more|(?:some |any )?others|(?:show me )?(?:a |some )?(?:different|other|more) (?:one|ones|version|versions|option|options|variants)|something else|что нибудь другое",
    Talk.UNSURE: r"(?:мне |я |так |очень |ну )*(?:скучно|грустно|не знаю(?: что)?(?: (?:хочу|надеть|выбрать|рисовать|нарисовать))?|хз|без понятия|все равно|нет идей)|"
    r"(?:i m |i am |so )*(?:bored|sad|not sure|unsure)|idk|dunno|i (?:do not|don t|dont) know(?: what .{0,30})?|no idea|i do not care|i don t care",
    Talk.DISLIKE: r"(?:ну )?(?:ну такое|такое себе|так себе|не айс|не фонтан|не огонь)|meh|so so|н+у{2,}|х+м+|э+м+|hm+|um+|not (?:quite|really)|not my (?:style|thing|taste)|почему (?!бы).*|why (?:is|are|did|does|do|was|were) .*",
    Talk.SORRY: r"(?:ой |упс |ну )*(?:извин\w+|прости(?:те)?|сорри|сорян|упс|ой|sorry|my bad|oops|apologies|i am sorry|i m sorry)"
    r"(?: (?:меня|пожалуйста|за (?:беспокойство|это|все)|ошибл\w+|ошибся|случайно|не туда|about that|for that|wrong chat|bot|бот))*",
    Talk.BACK: r"(?:а |нет |ну |давай |можно |can (?:we|you) |please |let s )*(?:верни(?:те)?(?:сь)?|вернись|верн[её]мся|вернуть(?:ся)?|назад|отмени(?:те)? (?:последн\w+|изменени\w+|правк\w+)|"
    r"(?:как|так как) было(?: (?:раньше|до этого|лучше))?|(?:предыдущ|прошл|прежн)\w+(?: (?:вариант|был\w*))?|(?:перв|предыдущ)\w+(?: вариант\w*)? (?:был\w* )?лучше|(?:the )?(?:first|last|previous|other)(?: (?:one|version))? (?:was|is|looked) better|до этого было лучше|раньше было лучше|"
    r"go back|undo(?: (?:that|it|the last(?: (?:one|change))?))?|back|revert|(?:the )?previous(?: (?:one|version))?|the one before|as it was)"
    r"(?: (?:как|было|обратно|предыдущ\w+|прошл\w+|прежн\w+|перв\w+|назад|все|ее|его|их|эту|это|тот|ту|вариант\w*|картинк\w*|версию|пожалуйста|лучше|"
    r"to|the|previous|last|first|one|version|before|it|that|please|was|better))*",
    Talk.SURPRISE: r"(?:ну |а |давай |нарисуй |нарисуйте |мне |что нибудь |draw |me |something |please )*(?:удиви(?:те)?(?: меня)?|на (?:твой|свой|ваш) (?:вкус|выбор)|что угодно|"
    r"что хочешь|рандом\w*|случайн\w+(?: \w+)?|surprise(?: me)?|random(?: \w+)?|anything(?: you (?:like|want))?|whatever(?: you (?:like|want))?|your choice|you (?:choose|decide|pick)|"
    r"(?:выбери|реши|придумай) сам\w*|сам\w* (?:выбери|реши|придумай))(?: (?:пожалуйста|please))*",
    Talk.STOP: r"(?:стоп|хватит|остановись|остановить|отмена|отмени(?:ть|те)?|перестань|stop(?: it| drawing)?|cancel(?: it)?|enough|abort)"
    r"(?: (?:пожалуйста|please|рисовать))*",
}  # fmt: skip
_DESPITE: dict[Talk, str] = {
    Talk.EXPLAIN: r"(?:а )?(?:чем отлича\w+|(?:в чем|какая) разница|что такое|что значит) .*|"
    r"(?:what is|what s) the difference .*|what (?:is|are) an? [\w-]+(?: [\w-]+)?|how (?:is|are) .{3,40} different .*",
    Talk.THANKS: r"(?:ой |большое |огромное )?(?:спасиб\w*|спс|благодарю|thanks|thank you)(?: (?:большое|огромное|вам|тебе|so much|a lot))* (?:за|for) .{3,40}",
    Talk.SHOP: r"(?:а |подскажи(?:те)? |скажи(?:те)? )*(?:где|как|можно ли|сколько|почем)\b.{0,40}\b(?:купить|заказать|стоит|стоят|прода[её]т\w*|приобрести)\b.*|"
    r"(?:у вас |а )?есть .*\b(?:в наличии|размер\w*)\b.*|(?:какая |что по )?цена .*|do you (?:have|sell) .* in (?:size|stock|a size|xs|s|m|l|xl|xxl|\d+)\b.*|how much (?:is|are|does|do|for) .*|(?:where|how) (?:can|do|could) i (?:buy|get|find|order) .*|can i (?:buy|order) .*|"
    r"(?:what is|what s) the price .*",
    Talk.RANGE: r"(?:а |привет )*(?:какие|какую|что за|сколько) .{0,40}\b(?:уме\w+|може\w+|есть|зна\w+|бывают|доступн\w+|рису\w+|нарису\w+)\b.*|"
    r"(?:what|which) (?:kinds? of |types? of )?[\w-]+(?: and [\w-]+)? (?:can|do|could) you .*|(?:what|which) [\w-]+ are (?:there|available).*",
    Talk.DISLIKE: r"(?:но |нет )?(?:мне )?(?:совсем |вообще |что то )?не (?:очень )?(?:нравится|понравил\w+) .*|.* (?:мне )?не (?:нравится|понравил\w+)|"
    r"(?:это |эта |этот |эти |какое |какая |какой )?[\w-]+ (?:просто |вышло |получилось )?(?:ужас\w*|некрасив\w+|отвратительн\w+|кошмар\w*|отстой)|"
    r"(?:но |нет )?это (?:же |вообще |совсем )?не .*|почему .*|"
    r"i (?:do not|don t|dont) (?:really )?like (?:this|that|the|these|it).*|(?:this|that|the|these) .{0,20}(?:is|are|looks?) (?:so |really |too )?(?:ugly|bad|awful|terrible|horrible|boring).*|"
    r"(?:no )?(?:that|this|it) (?:is not|is no|isn t|s not) .*|why (?:is|are|did|does) .*",
    Talk.PRAISE: r"(?:(?:вау|ого|ух ты|класс\w*|супер|круто) )*(?:это |эта |какое |какая |какой )?[\w-]+ (?:просто |вышло |получилось |получилась )*(?:супер|огонь|класс|классн\w+ получил\w+|бомба|шикарно|понравил\w+)|"
    r"(?:мне )?(?:очень )?(?:нравится|понравил\w+) (?:это|эта|этот|эти|твое|как|перв\w+|втор\w+) .*|"
    r"i (?:really )?(?:love|like) (?:this|that|these|the|your) .*|(?:this|that|these) .{0,20}(?:is|are|looks?) (?:so |really |very )?(?:great|nice|beautiful|lovely|perfect|amazing|gorgeous|cool).*",
    Talk.WHO: r"do you (?:like|love|wear) .*|(?:а )?(?:ты|тебе|вы|вам) (?:любишь|любите|нравятся|нравится|носишь) .*",
}  # fmt: skip
_WITHIN: dict[Talk, str] = {
    Talk.UNSURE: r"\b(?:модн\w+|в моде|в тренде|тренды?|(?:мне|нам) (?:пойд[её]т|подойд[её]т|идет)|in fashion|fashionable|trending|trendy|in style|suits? me|look good on me|should i wear)\b",
    Talk.RANGE: r"\b(?:какие|which|what) (?:\w+ )?(?:цвет\w*|расцветк\w*|узор\w*|принт\w*|рисунк\w*|вещи|фасон\w*|colou?rs?|patterns?|prints?|garments?|clothes)\b|"
    r"(?:что|кого) (?:ещё |еще )?(?:ты |вы )?(?:уме\w+|може\w+) (?:на)?рисовать|what (?:else )?(?:can|do) you draw",
    Talk.ABILITIES: r"\b(?:что (?:ты |вы )?(?:уме\w+|може\w+)|что ты за|как (?:это |ты |тобой |вами |этим )?(?:работа\w+|пользоваться)|"
    r"чем (?:ты )?помо\w+|помощь|помоги(?:те)?|инструкци\w+|что делать|what (?:can|do) you do|what are you able|how (?:do|does) (?:you|it|this) work|"
    r"how (?:do|can) i (?:use|start)|help(?: me)?|instructions)\b",
    Talk.SCENE: r"\b(?:на (?:модели|манекене|человеке|девушке|мужчине|мне|себе)|с моделью|вид (?:сзади|сбоку|спереди)|сзади|сбоку|фон\w*|в полный рост|крупнее|размер (?:картинк\w+|фото)|(?:picture|image|photo) size|size of the (?:picture|image|photo)s?|"
    r"(?:картинк\w+|фото|изображени\w+) (?:по)?(?:больше|крупнее|четче)|разрешени\w+|качеств\w+|четче|"
    r"on (?:a |the )?(?:model|mannequin|person|me|girl|man|woman)|(?:back|side|front) view|from behind|background|(?:bigger|larger|sharper)(?: (?:picture|image|photo))?|"
    r"(?:picture|image|photo) (?:bigger|larger|sharper)|resolution|quality|zoom)\b",
    Talk.WHO: r"\b(?:сколько (?:тебе|вам) лет|how old are you|кто ты|ты кто|кто вы|как (?:тебя|вас) зовут|ты (?:бот|робот|человек)|who are you|what are you|what s your name|"
    r"what is your name|are you (?:a |an )?(?:real |live )?(?:bot|robot|human|ai|real|person|alive|machine|man|woman|girl|boy|guy|chatgpt|gpt)|is this (?:a )?(?:bot|real person)|"
    r"ты (?:жив\w+|настоящ\w+|нейросеть|ии|машина|девочка|мальчик|девушка|парень|женщина|мужчина|чат ?гпт|gpt)|вы (?:бот|робот|человек|живой)|это бот|(?:кто|как) (?:тебя|вас) (?:создал\w*|сделал\w*|придумал\w*|написал\w*)|who (?:made|created|built|designed|owns) you)\b",
    Talk.MOOD: r"\b(?:как (?:дела|ты|жизнь|настроение|сам[аи]?)|что нового|how are you|how s it going|how is it going|what s up|sup)\b",
    Talk.DISLIKE: r"\b(?:не очень|не (?:очень )?(?:нравится|то|понравил\w+|похоже|подходит)|плохо|ужас\w*|фу|некрасиво|отстой|дичь|жесть|стремно|уродство|"
    r"(?:i )?(?:do not|don t|dont) like|hate|ugly|bad|terrible|awful|wtf|what the (?:hell|heck)|isn t (?:good|great|right)|not (?:good|great|what|quite i|like that|it))\b",
    Talk.SHOP: r"\b(?:сколько стоит|цен[аыуе]|стоимость|почем|доставк\w*|доставля\w+|в наличии|размерн\w+ сетк\w+|(?:какие|какой|есть) (?:ли )?(?:у вас )?размер\w*|скидк\w+|вернуть товар|возврат\w*|примерить|ship(?:ping)?|deliver\w*|in stock|sizes?|размер\w*|discounts?|refunds?|cost|купить|заказать|где (?:взять|найти|продает\w+)|how much|price|cheaper|дешевле|подешевле|buy|order|where can i (?:get|find))\b",
    Talk.RUDE: r"\b(?:туп(?:ой|ая|ые|ица|о)|дебил\w*|идиот\w*|дурак|дура|дурацк\w+|бесполезн\w+|говн\w*|дерьм\w*|хрен\w*|фигн\w+|чушь|бред|"
    r"нахуй|на хуй|хуй\w*|хуе\w+|хуё\w+|пизд\w+|бля\w*|сука|заткнись|иди (?:в|на)|лох|урод\w*|мразь|"
    r"fuck\w*|shit\w*|stupid|idiot\w*|dumb|moron|useless|crap|sucks?|bitch|asshole|garbage|rubbish|trash|hate you)\b",
    Talk.OPINION: r"\b(?:(?:что|как) (?:ты |вы )?(?:думае\w+|считае\w+|скаже\w+)|как (?:тебе|вам)|(?:твое|ваше) мнение|(?:тебе|вам) (?:самому |самой )?нравится|"
    r"what do you think|your opinion|do you like (?:it|this|that|them)|thoughts)\b",
    Talk.ELSE: r"\b(?:погод\w+|weather|анекдот\w*|joke|новост\w+|news|курс (?:доллара|валют)|гороскоп\w*|рецепт\w*|recipe)\b|^(?:а |ну |привет )?(?:кто|что|чем|когда|где|куда|откуда|сколько|какая|какой|какое|какие|зачем|как|расскажи|посчитай|переведи|напиши|ты (?:уме|мож|зна)\w+|"
    r"who|what|when|where|why|how|which|tell me|write|translate|do you|are you|can you|is (?:it|there))\b",
    Talk.LAUGH: r"^(?:лол|кек|а?(?:ха|хе|ah){2,}\w*|ахах\w*|хах\w*|lol|lmao|rofl|(?:ha){2,}h?|haha\w*)$",
}  # fmt: skip
_DESPITE_PATTERNS = {talk: re.compile(pattern) for talk, pattern in _DESPITE.items()}
_SIGNS: dict[Talk, str] = {
    Talk.PRAISE: "❤♥👍🔥😍🥰👏💯🎉🤩😘🫶👌✨",
    Talk.THANKS: "🙏",
    Talk.HELLO: "👋",
    Talk.DISLIKE: "👎💩🤮😡",
    Talk.LAUGH: "😂🤣😁😄😆",
}
_WHOLE_PATTERNS = {talk: re.compile(pattern) for talk, pattern in _WHOLE.items()}
_WITHIN_PATTERNS = {talk: re.compile(pattern) for talk, pattern in _WITHIN.items()}
_CLAUSES = re.compile(r"[,.!?;\n]+")
_MARKS = re.compile(r"[^\w\s]+|_")


def smalltalk(text: str) -> Talk | None:
    """Which small talk the whole text is; None for anything longer or else."""
    words = _words(text)
    if not words:
        signs = {
            sign
            for sign in text
            if not (sign.isspace() or sign in "\ufe0f\u200d!?.," or "🏻" <= sign <= "🏿")
        }
        return next((talk for talk, known in _SIGNS.items() if signs and signs <= set(known)), None)
    whole = next((talk for talk, pattern in _WHOLE_PATTERNS.items() if pattern.fullmatch(words)), None)
    parts = [part for part in _CLAUSES.split(text) if part.strip()]
    if whole is not None or len(parts) < 2:
        return whole
    talks = [smalltalk(part) for part in parts]
    return None if None in talks else talks[-1]  # «спасибо, ты супер!»


def chat_about(text: str) -> Talk | None:
    """What a message that names no garment is about; looser than `smalltalk`."""
    words = _words(text)
    return smalltalk(text) or next(
        (talk for talk, pattern in _WITHIN_PATTERNS.items() if pattern.search(words)), despite_a_garment(text)
    )


def despite_a_garment(text: str) -> Talk | None:
    """What is said about a garment and asks for none: "where can I buy this dress?", «спасибо за платье»."""
    words = _words(text)
    return next((talk for talk, pattern in _DESPITE_PATTERNS.items() if pattern.fullmatch(words)), None)


def _words(text: str) -> str:
    return " ".join(_MARKS.sub(" ", fold(without_links(text))).split())

"""Names as levels of an MQTT topic: `a-z0-9-` and nothing else."""

import re
import unicodedata

_CYRILLIC = str.maketrans(
    "абвгдеёзийклмнопрстуфыэіґўәғқңөұүһ",
    "abvgdeeziyklmnoprstufyeiguagqnouuh",
) | str.maketrans(
    {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"}
    | {"ї": "yi", "є": "ye"}
)
_OTHER = re.compile(r"[^a-z0-9]+")


def topic_key(name: str) -> str:
    """The topic key of a name: transliterated, in lower case, anything else a single `-`.

    Empty where nothing of the name can be written in Latin letters. Contract, section 8.
    """
    latin = unicodedata.normalize("NFC", name).lower().translate(_CYRILLIC)
    # NFKD parts an accent from its letter; the accent then falls to the pattern without leaving a dash.
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", latin).lower() if not unicodedata.combining(sign))
    return _OTHER.sub("-", plain).strip("-")

"""What was refused, put beside the fields it is about. No I/O."""
import re
from collections.abc import Iterable, Mapping, Sequence

INDEX = re.compile(r"\[\d+\]$")             # which entry of a list; its value is in the sentence
ON_TOP = ""                                 # the key of what is about no field

Places = Mapping[str, Sequence[str]]        # a place as the trunks file names it → the fields that may be meant


def beside_fields(problems: Iterable[tuple[str, str]], places: Places) -> dict[str, str]:
    """Return what was wrong by field; what is about none of them with its place, for the top of the form."""
    errors: dict[str, list[str]] = {}
    for place, sentence in problems:
        fields = places.get(place) or places.get(INDEX.sub("", place))
        if fields:                          # of two zones with one name the first is told first
            fresh = next((field for field in fields if sentence not in errors.get(field, ())), fields[-1])
            errors.setdefault(fresh, []).append(sentence)
        else:
            errors.setdefault(ON_TOP, []).append(f"{place}: {sentence}" if place else sentence)
    return {field: "; ".join(dict.fromkeys(sentences)) for field, sentences in errors.items()}

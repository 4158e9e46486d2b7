"""Numbers that carry their own proof: bank cards, IBANs, French social security numbers."""

import re

_IBAN_LENGTH = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "TR": 26, "TN": 24, "MA": 28, "SN": 28, "CI": 28,
}  # fmt: skip
"""Of ISO 13616's register: the countries of SEPA and their neighbours in French."""
_CARD_LENGTHS = range(13, 20)
_SHORT_LENGTH = 15
"""Of American Express, and of JCB's old ones."""


def only(text: str, pattern: str = r"[^0-9A-Za-z]") -> str:
    """A number without what groups its digits."""
    return re.sub(pattern, "", text).upper()


def is_card(number: str) -> bool:
    """Luhn's sum (ISO/IEC 7812-1), for the lengths of cards, beginning with an issuer's digit."""
    digits = only(number)
    if not digits.isdigit() or len(digits) not in _CARD_LENGTHS or digits[0] not in "23456":
        return False
    if len(digits) == _SHORT_LENGTH and not digits.startswith(("34", "37", "2131")):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban_length(text: str) -> int:
    """How many characters of a text that begins like an IBAN are one (0 = none): ISO 7064's remainder 97."""
    wanted = _IBAN_LENGTH.get(text[:2].upper(), 0)
    places = [place for place, sign in enumerate(text) if sign.isalnum()]
    if not wanted or len(places) < wanted:
        return 0
    end = places[wanted - 1] + 1
    written = only(text[:end])
    turned = written[4:] + written[:4]
    return end if int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1 else 0


def is_nir(number: str) -> bool:
    """The key of a French social security number (INSEE): 97 less the remainder of the number by 97; with Corsica."""
    written = only(number)
    match = re.fullmatch(r"([1278]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d{2}|2[AB])\d{6})(\d{2})", written)
    if match is None:
        return False
    body = match[1].replace("2A", "19").replace("2B", "18")
    return 97 - int(body) % 97 == int(match[2])

"""Loud and rude words: shouting, swearing, insults, scorn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from policies.lexicon import hits
from policies.patterns import places
from policies.text import Span, fold

_CAPITALS = re.compile(r"\b[A-ZÅÄÖÆØÉÜ]{2,}(?:['’-]?[A-ZÅÄÖÆØÉÜ]+)*\b")
# A shorter run of capitals is an abbreviation as often as not.
_SHOUTED_WORD = 4
_SHOUTED_WORDS = 2
_EXCLAMATIONS = re.compile(r"[!?]*!(?:\s?[!?])*!(?:\s?[!?])+|[!?]{4,}|!{3,}")
# Written in capitals by everybody.
_ABBREVIATIONS = frozenset(
    [
        "SIM",
        "PUK",
        "PIN",
        "VPN",
        "IPTV",
        "ADSL",
        "VDSL",
        "HDMI",
        "WIFI",
        "WLAN",
        "LAN",
        "IMEI",
        "MMS",
        "SMS",
        "GPS",
        "USB",
        "DNS",
        "NFC",
        "ESIM",
        "QR",
        "PDF",
        "IBAN",
        "SWIFT",
        "BIC",
        "OCR",
        "KID",
        "CPR",
        "CVR",
        "MVA",
        "MOMS",
        "NAV",
        "IKEA",
        "ICA",
        "COOP",
        "REMA",
        "HTML",
        "HTTP",
        "HTTPS",
        "IPHONE",
        "LTE",
        "VOLTE",
        "GDPR",
        "RGPD",
        "BRF",
        "VAB",
        "ROT",
        "RUT",
        "HVO",
        "ISK",
        "IPS",
        "ASK",
        "BSU",
        "NOK",
        "SEK",
        "DKK",
        "EUR",
        "USD",
        "UTC",
        "CET",
        "NASA",
        "NATO",
        "EU",
        "EØS",
        "EES",
        "UNESCO",
        "ISO",
        "BTW",
        "FAQ",
        "FAQS",
        "ASAP",
        "OBS",
        "NB",
        "PS",
        "VIP",
        "ATM",
        "CEO",
        "CFO",
        "BBC",
        "NRK",
        "SVT",
        "TV",
        "TV2",
        "SKAT",
        "MITID",
        "NEMID",
        "BANKID",
        "FINN",
        "OBOS",
        "SBAB",
        "SEB",
        "DNB",
        "YOUSEE",
        "TDC",
        "ICE",
        "GET",
        "TELIA",
        "TRE",
        "NETCOM",
        "TINE",
        "RUTER",
        "SJ",
        "DSB",
        "VY",
        "SL",
        "UL",
        "HSL",
        "MTR",
        "SAS",
        "DHL",
        "UPS",
        "DPD",
        "GLS",
        "FEDEX",
        "OLED",
        "QLED",
        "UHD",
        "FHD",
        "WPA",
        "WEP",
        "DHCP",
        "PPPOE",
        "MAC",
        "GSM",
        "UMTS",
        "EDGE",
        "NMT",
        "RCS",
        "FTTH",
        "FTTB",
        "KWH",
        "MWH",
        "GWH",
        "A4",
        "A3",
        "LED",
        "AC",
        "DC",
        "IT",
        "HR",
        "PR",
        "VD",
        "PT",
        "SVT1",
        "SVT2",
        "DR1",
        "DR2",
        "TV4",
        "HBO",
        "MAX",
    ]
)


@lru_cache(maxsize=256)
def heard(draft: str) -> tuple[tuple[str, Span], ...]:
    """Kind (shouting, swearing, insult, scorn) and place of each."""
    found, folded = hits(draft), fold(draft)
    return (
        *(("shouting", span) for span in _shouting(draft)),
        *(("swearing", span) for span in found.get("swearing", ())),
        *(("insult", span) for span in found.get("insults", ())),
        *(("scorn", folded.span(*hit.span())) for hit in places("tone", "scorn", folded.low)),
    )


def _shouting(draft: str) -> Iterator[Span]:
    """Capitals: two long words or three of any length in a row; and rows of exclamation marks."""
    loud = [found for found in _CAPITALS.finditer(draft) if found.group() not in _ABBREVIATIONS]
    for run in _runs(draft, loud):
        long_ones = [found for found in run if len(found.group()) >= _SHOUTED_WORD]
        if len(long_ones) >= _SHOUTED_WORDS or (long_ones and len(run) > _SHOUTED_WORDS):
            yield run[0].start(), run[-1].end()
    for found in _EXCLAMATIONS.finditer(draft):
        yield found.span()


def _runs(draft: str, loud: list[re.Match[str]]) -> list[list[re.Match[str]]]:
    """Loud words with nothing quiet between them: product names at either end of a reply are no shout."""
    runs: list[list[re.Match[str]]] = []
    for found in loud:
        if runs and not re.search(r"[a-zåäöæøé]{2,}", draft[runs[-1][-1].end() : found.start()]):
            runs[-1].append(found)
        else:
            runs.append([found])
    return runs

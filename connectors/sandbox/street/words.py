"""What the street says, in four languages; the English sentence is the key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Say = Callable[..., str]
LANGUAGES = ("en", "sv", "nb", "da")
ALIASES = {"no": "nb", "nn": "nb"}

CATALOGUE: Mapping[str, tuple[str, str, str]] = {
    "The street": ("Gatan", "Gata", "Gaden"),
    "A training network. Nothing here leaves this machine.": (
        "Ett övningsnätverk. Ingenting här lämnar den här datorn.",
        "Et øvingsnettverk. Ingenting her forlater denne maskinen.",
        "Et øvenetværk. Intet her forlader denne maskine.",
    ),
    "You are {name}": ("Du är {name}", "Du er {name}", "Du er {name}"),
    "Who are you?": ("Vem är du?", "Hvem er du?", "Hvem er du?"),
    "Be somebody else": ("Var någon annan", "Vær en annen", "Vær en anden"),
    "A person from the street": ("En person från gatan", "En person fra gata", "En person fra gaden"),
    "Or a new name": ("Eller ett nytt namn", "Eller et nytt navn", "Eller et nyt navn"),
    "Choose": ("Välj", "Velg", "Vælg"),
    "The page of {company}": ("{company}s sida", "Siden til {company}", "{company}s side"),
    "Pictures of {company}": ("Bilder från {company}", "Bilder fra {company}", "Billeder fra {company}"),
    "Around @{handle}": ("Kring @{handle}", "Rundt @{handle}", "Omkring @{handle}"),
    "Messages to {company}": ("Meddelanden till {company}", "Meldinger til {company}", "Beskeder til {company}"),
    "Only you and {company} can read these.": (
        "Bara du och {company} kan läsa dem.",
        "Bare du og {company} kan lese disse.",
        "Kun du og {company} kan læse dem.",
    ),
    "Write on the page": ("Skriv på sidan", "Skriv på siden", "Skriv på siden"),
    "Write a post": ("Skriv ett inlägg", "Skriv et innlegg", "Skriv et opslag"),
    "Write a comment": ("Skriv en kommentar", "Skriv en kommentar", "Skriv en kommentar"),
    "Write a message": ("Skriv ett meddelande", "Skriv en melding", "Skriv en besked"),
    "Answer": ("Svara", "Svar", "Svar"),
    "Your answer to {name}": ("Ditt svar till {name}", "Ditt svar til {name}", "Dit svar til {name}"),
    "Publish": ("Publicera", "Publiser", "Offentliggør"),
    "Send": ("Skicka", "Send", "Send"),
    "Change": ("Ändra", "Endre", "Ret"),
    "Your text": ("Din text", "Teksten din", "Din tekst"),
    "Your name": ("Ditt namn", "Navnet ditt", "Dit navn"),
    "Save": ("Spara", "Lagre", "Gem"),
    "Delete": ("Ta bort", "Slett", "Slet"),
    "edited": ("ändrad", "endret", "rettet"),
    "hidden by {company}": ("dold av {company}", "skjult av {company}", "skjult af {company}"),
    "answers for the company": ("svarar för företaget", "svarer for selskapet", "svarer for virksomheden"),
    "Choose who you are first, then you can write.": (
        "Välj först vem du är, sedan kan du skriva.",
        "Velg først hvem du er, så kan du skrive.",
        "Vælg først, hvem du er, så kan du skrive.",
    ),
    "Nothing here yet.": ("Inget här ännu.", "Ingenting her ennå.", "Intet her endnu."),
    "{count} earlier": ("{count} tidigare", "{count} tidligere", "{count} tidligere"),
    "Something new. Show it": ("Något nytt. Visa", "Noe nytt. Vis", "Noget nyt. Vis"),
    "On this page": ("På den här sidan", "På denne siden", "På denne side"),
    "To the content": ("Till innehållet", "Til innholdet", "Til indholdet"),
    "That is gone.": ("Det finns inte längre.", "Det finnes ikke lenger.", "Det findes ikke længere."),
    "That is not yours.": ("Det är inte ditt.", "Det er ikke ditt.", "Det er ikke dit."),
    "Write something first.": ("Skriv något först.", "Skriv noe først.", "Skriv noget først."),
    "That is too long.": ("Det är för långt.", "Det er for langt.", "Det er for langt."),
    "Samtal wants to speak for {company}": (
        "Samtal vill tala för {company}",
        "Samtal vil snakke for {company}",
        "Samtal vil tale for {company}",
    ),
    "What you leave out, it may not do.": (
        "Det du väljer bort får det inte göra.",
        "Det du tar bort, får det ikke gjøre.",
        "Det, du fravælger, må det ikke.",
    ),
    "Allow": ("Tillåt", "Tillat", "Tillad"),
    "Not now": ("Inte nu", "Ikke nå", "Ikke nu"),
    "This app is not known here.": (
        "Den här appen är inte känd här.",
        "Denne appen er ikke kjent her.",
        "Denne app er ikke kendt her.",
    ),
    "This app would lead away from this machine.": (
        "Den här appen skulle leda bort från den här datorn.",
        "Denne appen ville ført bort fra denne maskinen.",
        "Denne app ville føre væk fra denne maskine.",
    ),
    "Back to the street": ("Tillbaka till gatan", "Tilbake til gata", "Tilbage til gaden"),
}


def speaker(language: str) -> Say:
    """say("You are {name}", name="Kari") in that language."""
    place = LANGUAGES.index(language) - 1

    def say(english: str, **values: object) -> str:
        text = CATALOGUE[english][place] if place >= 0 else english
        return text.format(**values)

    return say


def chosen(accept: str) -> str:
    """The best of our languages in an Accept-Language header, English when there is none."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept.split(",")):
        name, _, quality = part.strip().partition(";q=")
        code = name.split("-")[0].lower()
        wanted.append((-_number(quality), place, ALIASES.get(code, code)))
    return next((code for _, _, code in sorted(wanted) if code in LANGUAGES), "en")


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0

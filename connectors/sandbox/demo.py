"""The company the sandbox starts with: its page, its X account, its tokens, some customers and a few posts."""

from __future__ import annotations

from connectors.sandbox.entries import BLOG, FACEBOOK, INSTAGRAM, MASTODON, NewEntry, Person, X
from connectors.sandbox.registered import APP_ID as APP_ID
from connectors.sandbox.registered import APP_SECRET as APP_SECRET
from connectors.sandbox.registered import X_CLIENT_ID as X_CLIENT_ID
from connectors.sandbox.registered import X_CLIENT_SECRET as X_CLIENT_SECRET
from connectors.sandbox.tokens import Token, Tokens
from connectors.sandbox.world import World

COMPANY = "Nordnett"
PAGE_ID = "100200300400500"
PAGE_TOKEN = "sandbox-page-token"
FACEBOOK_USER_ID = "700800900100"
FACEBOOK_USER_TOKEN = "sandbox-user-token"
VERIFY_TOKEN = "sandbox-verify-token"
X_USER_ID = "2244994945"
X_HANDLE = "nordnett"
X_TOKEN = "sandbox-x-token"
X_APP_TOKEN = "sandbox-x-app-token"
X_CONSUMER_KEY = "sandbox-consumer-key"
X_CONSUMER_SECRET = "sandbox-consumer-secret"
# tweepy reads the user's id from the part before the dash.
X_ACCESS_TOKEN = f"{X_USER_ID}-sandbox-access-token"
X_ACCESS_SECRET = "sandbox-access-secret"
MASTODON_USER_ID = "109000000000000001"
MASTODON_TOKEN = "sandbox-mastodon-token"
INSTAGRAM_USER_ID = "17841400000000001"
BLOG_USER_ID = "600700800"

YEAR = 365 * 86400.0
CUSTOMERS = {
    "sv": ("Elin Sjöberg", "Oskar Lindqvist", "Amina Warsame", "Gunnar Hägg", "Saga Norén", "Björn Åkerlund"),
    "nb": ("Kari Nordmann", "Ole Håkonsen", "Ingrid Sæther", "Tuva Bråten", "Sindre Vågen", "Marit Østby"),
    "da": ("Mette Kjærgaard", "Søren Højlund", "Freja Damgaard", "Rasmus Bæk", "Aisha Møller", "Poul Nygård"),
    "en": ("Alice Hartley", "Daniel Osei", "Priya Raman", "Tom Whitfield", "Grace Lindsay", "Marek Nowak"),
}
# By name, since the player's scripts say under which one they belong: what it says, and how old it is in seconds.
POSTS = {
    "fiber": ("Vi bygger ut fibernätet i Luleå i höst. Här ser du vilka gator som kommer först.", 6 * 86400),
    "roaming": ("Sommeren er over, men roamingen i Norden er fortsatt inkludert i alle våre abonnementer.", 4 * 86400),
    "stores": ("Nye åbningstider i vores butikker: vi har nu åbent til kl. 19 på hverdage.", 2 * 86400),
    "service": ("Our customer service is open every day 8–20, by phone, in chat and right here.", 9 * 3600),
}
STATUSES = {
    "fediverse": ("Nu finns vi här också. Frågor om bredband och mobil är välkomna på alla nordiska språk.", 86400)
}
ENTRIES = {
    "winter": (
        "Så klarar nätet vintern\nSnö och blötsnö är det som oftast river ner ledningar. Här berättar våra tekniker vad"
        " de gör innan vintern kommer, och vad du själv kan göra hemma.",
        5 * 86400,
    ),
    "copper": (
        "The copper network closes: what you need to know\nBy the end of next year the last copper lines are gone. If"
        " you still have one, you will hear from us at least six months ahead.",
        8 * 3600,
    ),
}
MEDIA = {
    "tower": (
        "Så här ser det ut när vi byter antenner i en mast, 72 meter upp. Tack till Jonas och Mira! #nordnett",
        5 * 86400,
    ),
    "unboxing": ("The new router: Wi-Fi 7, and no bigger than a book. In our shops from Monday.", 11 * 3600),
}
TWEETS = (
    ("Vi ses på mässan i Göteborg på torsdag. Kom förbi och säg hej!", 3 * 86400),
    ("Kundeservicen vår svarer hver dag 8–20, også her.", 7 * 3600),
)


def settle(world: World, tokens: Tokens) -> None:
    """The organisation's own accounts and their tokens: what every world has."""
    then = world.clock.now() - 5 * YEAR
    ours = {"name": COMPANY, "handle": X_HANDLE, "ours": True, "followers": 48_211, "created_at": then}
    world.add_person(Person(FACEBOOK, PAGE_ID, **ours))  # type: ignore[arg-type]
    world.add_person(Person(X, X_USER_ID, **ours))  # type: ignore[arg-type]
    world.add_person(Person(MASTODON, MASTODON_USER_ID, **ours))  # type: ignore[arg-type]
    world.add_person(Person(INSTAGRAM, INSTAGRAM_USER_ID, **ours))  # type: ignore[arg-type]
    world.add_person(Person(BLOG, BLOG_USER_ID, **ours))  # type: ignore[arg-type]
    world.add_person(Person(FACEBOOK, FACEBOOK_USER_ID, "Ada Admin", created_at=then))
    tokens.put(Token(PAGE_TOKEN, FACEBOOK, "page", PAGE_ID))
    tokens.put(Token(FACEBOOK_USER_TOKEN, FACEBOOK, "user", FACEBOOK_USER_ID))
    tokens.put(Token(MASTODON_TOKEN, MASTODON, "user", MASTODON_USER_ID))
    tokens.put(Token(X_TOKEN, X, "oauth2", X_USER_ID))
    tokens.put(Token(X_APP_TOKEN, X, "app", X_USER_ID))
    tokens.put(Token(X_ACCESS_TOKEN, X, "oauth1", X_USER_ID, secret=X_ACCESS_SECRET))


def populate(world: World) -> None:
    """Customers in four languages on every network, and something of ours for them to write under."""
    now = world.clock.now()
    for language, names in CUSTOMERS.items():
        for number, name in enumerate(names):
            for network in (FACEBOOK, X, MASTODON, BLOG, INSTAGRAM):
                world.add_person(_customer(network, name, language, followers=12 + 7 ** (number + 1) % 9000, at=now))
    media = [
        NewEntry(INSTAGRAM, "media", INSTAGRAM_USER_ID, text, created_at=now - age, extra=_picture(name))
        for name, (text, age) in MEDIA.items()
    ]
    posts = [
        NewEntry(FACEBOOK, "post", PAGE_ID, text, wall_id=PAGE_ID, created_at=now - age) for text, age in POSTS.values()
    ]
    tweets = [NewEntry(X, "tweet", X_USER_ID, text, created_at=now - age) for text, age in TWEETS]
    statuses = [
        NewEntry(MASTODON, "status", MASTODON_USER_ID, text, created_at=now - age) for text, age in STATUSES.values()
    ]
    entries = [NewEntry(BLOG, "entry", BLOG_USER_ID, text, created_at=now - age) for text, age in ENTRIES.values()]
    world.write_many(posts + tweets + statuses + entries + media)


def _picture(name: str) -> dict[str, object]:
    return {"media": [{"url": f"/media/{name}.png"}]}


def _customer(network: str, name: str, language: str, *, followers: int, at: float) -> Person:
    return Person(network, "", name, language=language, followers=followers, created_at=at - YEAR)

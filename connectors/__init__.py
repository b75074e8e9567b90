"""The networks. A network is one file and one line here; adding one touches no migration."""

from connectors.base import Connector
from connectors.facebook import Facebook
from connectors.facebook_login import FacebookLogin
from connectors.feed import Feed
from connectors.instagram import Instagram
from connectors.instagram_login import InstagramLogin
from connectors.login import Login
from connectors.mastodon import Mastodon
from connectors.twitter import Twitter
from connectors.twitter_login import TwitterLogin

NETWORKS: tuple[type[Connector], ...] = (Facebook, Instagram, Twitter, Mastodon, Feed)
REGISTRY: dict[str, type[Connector]] = {connector.network: connector for connector in NETWORKS}

# Where somebody can agree on the network itself; elsewhere a token is pasted.
LOGINS: dict[str, type[Login]] = {
    Facebook.network: FacebookLogin,
    Instagram.network: InstagramLogin,
    Twitter.network: TwitterLogin,
}


def get(network: str) -> type[Connector]:
    """The connector class of a network; KeyError where there is none."""
    return REGISTRY[network]


def app_of(network: str) -> str:
    """The network whose app of ours a network is reached through: its own, but for what stands on another's API."""
    return REGISTRY[network].app or network


def choices() -> list[tuple[str, str]]:
    """(key, label) of every network, for a model field's callable `choices`."""
    return [(key, connector.label) for key, connector in REGISTRY.items()]

"""All settings. Values come from the environment; a wrong or missing one stops the start with a sentence.

SAMTAL_ENV is production, demo, test or development (the default, for work on a checkout). Only production demands
secrets.
"""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

# Wherever there are settings, shared_task finds its application; the launcher has neither.
from config import celery  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

SAMTAL_ENV = env.str("SAMTAL_ENV", default="development")
if SAMTAL_ENV not in ("production", "demo", "test", "development"):
    raise ImproperlyConfigured(f"SAMTAL_ENV is {SAMTAL_ENV!r}; use production, demo, test or development.")
PRODUCTION = SAMTAL_ENV == "production"


def required(name: str, otherwise: str) -> str:
    """A value that production must name and that a checkout can do without."""
    value = env.str(name, default="")
    if PRODUCTION and not value:
        raise ImproperlyConfigured(f"{name} is not set. Production needs it; see .env.example.")
    return str(value or otherwise)


def number(name: str, default: float, least: float = 0) -> float:
    """A number from the environment, at least `least`."""
    try:
        value: float = env.float(name, default=default)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {env.str(name)!r}; it must be a number.") from None
    if value < least:
        raise ImproperlyConfigured(f"{name} is {value:g}; it must be at least {least:g}.")
    return value


SECRET_KEY = required("SECRET_KEY", secrets.token_urlsafe(50))
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = False
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"]
)
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set. Name the host people open Samtal at; see .env.example.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- parts -----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "allauth",
    "allauth.account",
    "csp",
    "policies",
    "inbox",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "inbox.middleware.WholeFiles",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "inbox.middleware.PersonSettings",
    "inbox.middleware.Heard",
    "inbox.middleware.DefaultDeny",
    "inbox.views.once.AnswerOnce",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "inbox.context.desk",
            ],
        },
    }
]

# --- PostgreSQL and Redis --------------------------------------------------------------------------------------------

DATABASE_URL = required("DATABASE_URL", "postgres://samtal@127.0.0.1:8432/samtal")
REDIS_URL = required("REDIS_URL", "redis://127.0.0.1:8379/0")
if not DATABASE_URL.startswith(("postgres://", "postgresql://")):
    raise ImproperlyConfigured("DATABASE_URL must be a postgres:// address: Samtal's queue is PostgreSQL itself.")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL must be a redis:// address.")

DATABASES = {
    "default": env.db_url_config(DATABASE_URL)
    | {
        # Streams give their connection back before the first byte, so a small pool carries a hundred agents.
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": int(number("SAMTAL_DB_POOL", 10, least=2)), "timeout": 10},
            "application_name": env.str("SAMTAL_PROCESS", default="samtal"),
        },
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "inbox.tasks.pull": {"queue": "intake"},
    "inbox.tasks.hear": {"queue": "intake"},
    "inbox.tasks.send": {"queue": "send"},
    "inbox.tasks.do": {"queue": "send"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A wake-up that cannot leave at once is not worth waiting for: the sweep does the work without it.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2, "max_retries": 0}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULE = {
    "wake": {"task": "inbox.tasks.wake_due", "schedule": 5.0, "options": {"expires": 5}},
    "seal": {"task": "inbox.tasks.seal_audit", "schedule": 60.0, "options": {"expires": 60}},
    "forget_events": {"task": "inbox.tasks.forget_events", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget": {"task": "inbox.tasks.forget_answers", "schedule": 3600.0, "options": {"expires": 3600}},
}

# --- sign-in and safety ----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "inbox.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"
ACCOUNT_ADAPTER = "inbox.access.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
# A whole team signs in from one address in the morning.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "20/m/ip,5/5m/key"}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "inbox.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
HTTPS = env.bool("SAMTAL_HTTPS", default=PRODUCTION)
SESSION_COOKIE_NAME = "__Host-samtal" if HTTPS else "samtal"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# Fernet keys for network tokens at rest, newest first; older ones still read. manage.py rotate_tokens re-encrypts.
SAMTAL_TOKEN_KEYS = required("SAMTAL_TOKEN_KEYS", Fernet.generate_key().decode()).split(",")

# --- words -----------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = env.str("SAMTAL_LANGUAGE", default="en")
LANGUAGES = [("en", "English"), ("sv", "Svenska"), ("nb", "Norsk bokmål"), ("da", "Dansk")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("SAMTAL_TIME_ZONE", default="Europe/Stockholm")
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Where warnings leave by mail, as one address: smtp+tls://user:password@host:587. Without one they are logged.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("SAMTAL_MAIL_FROM", default="samtal@localhost")
LOG_FORMAT = env.str("SAMTAL_LOG_FORMAT", default="line")
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured(f"SAMTAL_LOG_FORMAT is {LOG_FORMAT!r}; use line or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{levelname} {name} {message}", "style": "{"},
        "json": {"()": "inbox.trace.JsonLines"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": env.str("SAMTAL_LOG_LEVEL", default="INFO")},
    # urllib3 logs full addresses at DEBUG, and Graph addresses carry tokens.
    # Celery tells at INFO of every task twice, and there is one every second; failures are errors and still show.
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("urllib3", "tweepy", "oauthlib", "celery.worker.strategy", "celery.app.trace")
    },
}

# --- how Samtal works ------------------------------------------------------------------------------------------------

SAMTAL_ORGANISATION = env.str("SAMTAL_ORGANISATION", default="Nordnett")
SAMTAL_PROFILE = env.str("SAMTAL_PROFILE", default="company")
if SAMTAL_PROFILE not in ("company", "public_body"):
    raise ImproperlyConfigured(f"SAMTAL_PROFILE is {SAMTAL_PROFILE!r}; use company or public_body.")
# Whether the rules may ask the trained models; without them they go by words and signs alone.
SAMTAL_MODELS = env.bool("SAMTAL_MODELS", default=True)
# A public body speaks of residents, not of customers: its words come first.
if SAMTAL_PROFILE == "public_body":
    LOCALE_PATHS.insert(0, BASE_DIR / "locale" / "public_body")
# "" speaks to the real networks; a loopback address speaks to the sandbox network.
SAMTAL_SANDBOX_URL = env.str("SAMTAL_SANDBOX_URL", default="")
# The organisation's own app on each network: id and secret. Without one, a token is pasted. Facebook's leads to
# Instagram as well.
SAMTAL_APPS = {
    "facebook": (env.str("SAMTAL_FACEBOOK_APP_ID", default=""), env.str("SAMTAL_FACEBOOK_APP_SECRET", default="")),
    "twitter": (env.str("SAMTAL_X_CLIENT_ID", default=""), env.str("SAMTAL_X_CLIENT_SECRET", default="")),
}
SAMTAL_GRAPH_VERSION = env.str("SAMTAL_GRAPH_VERSION", default="26.0")
SAMTAL_POLL_SECONDS = number("SAMTAL_POLL_SECONDS", 60, least=0.2)
SAMTAL_PAGE_SIZE = int(number("SAMTAL_PAGE_SIZE", 100, least=5))
SAMTAL_UNDO_SECONDS = number("SAMTAL_UNDO_SECONDS", 20)
SAMTAL_LEASE_SECONDS = number("SAMTAL_LEASE_SECONDS", 180, least=1)
SAMTAL_SEND_DEADLINE = number("SAMTAL_SEND_DEADLINE", 15, least=0.2)
SAMTAL_SEND_START_BY = number("SAMTAL_SEND_START_BY", 2, least=0.1)
# Q of DESIGN §7; 0 takes each network's own (90 s). Must be longer than deadline + server latency + read lag.
SAMTAL_QUIET_SECONDS = number("SAMTAL_QUIET_SECONDS", 0)
SAMTAL_READ_BACK_GAP = number("SAMTAL_READ_BACK_GAP", 30, least=0.1)
# How far a network's clock may be from the database's.
SAMTAL_CLOCK_SKEW = number("SAMTAL_CLOCK_SKEW", 10)
# How far behind its writes a network's reads may be: what they show is believed of no later moment.
SAMTAL_READ_LAG = number("SAMTAL_READ_LAG", 90)
# The word that Facebook and Instagram give back when they verify our address; "" takes no notifications from it.
SAMTAL_WEBHOOK_TOKEN = env.str("SAMTAL_WEBHOOK_TOKEN", default="")
# The app's secret by network, where no channel of it carries one: {"twitter": "..."}
SAMTAL_WEBHOOK_SECRETS: dict[str, str] = env.json(
    "SAMTAL_WEBHOOK_SECRETS", default={"facebook": env.str("SAMTAL_FACEBOOK_APP_SECRET", default="")}
)
# Notifications are kept as they came for so long.
SAMTAL_RAW_DAYS = number("SAMTAL_RAW_DAYS", 30, least=1)
# What the networks that are paid by use ask for one of each kind, in dollars, and what may be spent a month (none: no
# cap). A channel may have a cap of its own.
SAMTAL_PRICES: dict[str, dict[str, float]] = {
    "twitter": {
        "owned": 0.001,
        "post": 0.005,
        "user": 0.01,
        "dm": 0.01,
        "reply": 0.01,
        "link": 0.2,
        "dm_sent": 0.015,
        "delete": 0.01,
        "manage": 0.005,
    }
} | env.json("SAMTAL_PRICES", default={})
SAMTAL_MONTHLY_CAP = number("SAMTAL_MONTHLY_CAP", 0)
# This share of a network's rate budget is never used for reading.
SAMTAL_SENDING_SHARE = number("SAMTAL_SENDING_SHARE", 0.2)
# How many messages one pull looks up, to see whether they still stand.
SAMTAL_LOOKS_A_PULL = int(number("SAMTAL_LOOKS_A_PULL", 200))
# How many older posts one pull reads at most, and while how large a share of the network's rate budget is left; one is
# read in any case, unless the budget is down to the share kept for sending.
SAMTAL_OLDER_A_PULL = int(number("SAMTAL_OLDER_A_PULL", 5))
SAMTAL_OLDER_SHARE = number("SAMTAL_OLDER_SHARE", 0.5)
# A channel whose worker died is pulled again after this time.
SAMTAL_PULL_LEASE = number("SAMTAL_PULL_LEASE", 60, least=1)
SAMTAL_SWEEP_SECONDS = number("SAMTAL_SWEEP_SECONDS", 2, least=0.05)
SAMTAL_SWEEP_PATIENCE = number("SAMTAL_SWEEP_PATIENCE", 5, least=0.1)
# How long the same form sent again gets the same answer.
SAMTAL_ANSWERS_KEPT_DAYS = number("SAMTAL_ANSWERS_KEPT_DAYS", 3, least=0.01)
# Whether our X app is on a self-serve plan: it may answer only posts that mention or quote us.
SAMTAL_X_SELF_SERVE = env.bool("SAMTAL_X_SELF_SERVE", default=True)
# So many messages may one person hide or delete within an hour; then a colleague should look.
SAMTAL_REMOVALS_AN_HOUR = int(number("SAMTAL_REMOVALS_AN_HOUR", 20, least=1))
SAMTAL_LOOK_AGAIN_DAYS = int(number("SAMTAL_LOOK_AGAIN_DAYS", 3, least=1))
if SAMTAL_UNDO_SECONDS > 200:
    raise ImproperlyConfigured("SAMTAL_UNDO_SECONDS is at most 200.")

"""The organisation's own apps as the sandbox's networks know them. Imports nothing: the launcher reads it, too."""

APP_ID = "190019001900"
APP_SECRET = "sandbox-app-secret"
X_CLIENT_ID = "sandbox-client-id"
X_CLIENT_SECRET = "sandbox-client-secret"

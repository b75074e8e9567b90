"""How long a password must be, said in all four languages: Django has no Norwegian for its own sentence."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Refuses what is shorter than `min_length` characters."""

    def get_error_message(self) -> str:
        return self.get_help_text()

    def get_help_text(self) -> str:
        return _("Use at least %(count)s characters.") % {"count": self.min_length}

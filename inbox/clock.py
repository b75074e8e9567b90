"""The one clock. Stored times are compared with the database's own clock, never with Python's."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import DateTimeField, Expression, ExpressionWrapper, F, Func, Value


class Clock(Func):
    """clock_timestamp(): unlike now() it does not stand still inside a transaction."""

    function = "clock_timestamp"
    template = "clock_timestamp()"
    output_field = DateTimeField()
    arity = 0


def moment(at: datetime | None = None, plus: timedelta | None = None) -> Expression:
    """The given time (tests pass one) or the database's, moved by `plus`."""
    base: Expression = Value(at, output_field=DateTimeField()) if at else Clock()
    return ExpressionWrapper(base + plus, output_field=DateTimeField()) if plus else base


def after(field: str, wait: timedelta) -> Expression:
    """A stored time moved by `wait`."""
    return ExpressionWrapper(F(field) + wait, output_field=DateTimeField())


def read_clock() -> datetime:
    """The database's clock as a value, for what a rule or a page has to show."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    now: datetime = row[0]
    return now

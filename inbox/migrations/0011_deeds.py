"""What we do to customers' messages on their network, and who may."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import inbox.clock
import inbox.models.deed

# An open browser sees at once that it is done, refused, or unknown.
FORWARD = """
CREATE FUNCTION inbox_tell_deed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('samtal', 'thread:' || NEW.thread_id || ':' || NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER deed_changed AFTER INSERT OR UPDATE OF state ON inbox_deed
    FOR EACH ROW EXECUTE FUNCTION inbox_tell_deed();
"""
BACK = "DROP TRIGGER deed_changed ON inbox_deed;\nDROP FUNCTION inbox_tell_deed();"


def key(to: str, name: str) -> tuple[str, models.ForeignKey]:
    return name, models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="deeds", to=to)


class Migration(migrations.Migration):
    dependencies = [("inbox", "0010_gap_events")]
    operations = [
        migrations.AddField(
            "clearance",
            "moderates",
            models.BooleanField(default=False, verbose_name="may hide and delete messages"),
        ),
        migrations.CreateModel(
            name="Deed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(choices=inbox.models.deed.What, max_length=8)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField(db_default=inbox.clock.Clock())),
                (
                    "state",
                    models.CharField(choices=inbox.models.deed.DeedState, default="wanted", max_length=8),
                ),
                ("not_before", models.DateTimeField(db_default=inbox.clock.Clock())),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("ended_at", models.DateTimeField(null=True)),
                ("error_kind", models.CharField(blank=True, max_length=20)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("kept", models.JSONField(null=True)),
                key(settings.AUTH_USER_MODEL, "by"),
                key("inbox.channel", "channel"),
                key("inbox.message", "message"),
                key("inbox.thread", "thread"),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "wanted")), fields=["not_before"], name="deed_due"),
                    models.Index(fields=["thread", "id"], name="deed_thread"),
                    models.Index(fields=["by", "-at"], name="deed_person"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "wanted")), fields=("message",), name="one_deed_at_a_time"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("what__in", ("hide", "delete")), _negated=True),
                            models.Q(("kept__isnull", False), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="taken_away_with_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]

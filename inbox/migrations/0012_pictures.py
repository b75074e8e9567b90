"""Pictures of messages: they go with their message, and an open browser sees at once that one has come."""

import django.db.models.deletion
from django.db import migrations, models

import inbox.clock

FORWARD = """
CREATE FUNCTION inbox_picture_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM inbox_picture WHERE message_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER picture_goes AFTER UPDATE OF removed_at ON inbox_message
    FOR EACH ROW WHEN (OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL) EXECUTE FUNCTION inbox_picture_goes();
CREATE FUNCTION inbox_tell_picture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('samtal', 'thread:' || thread_id || ':' || NEW.id) FROM inbox_message WHERE id = NEW.message_id;
    RETURN NULL;
END $$;
CREATE TRIGGER picture_came AFTER UPDATE OF width ON inbox_picture
    FOR EACH ROW WHEN (NEW.width IS NOT NULL) EXECUTE FUNCTION inbox_tell_picture();
"""
BACK = """
DROP TRIGGER picture_came ON inbox_picture;
DROP FUNCTION inbox_tell_picture();
DROP TRIGGER picture_goes ON inbox_message;
DROP FUNCTION inbox_picture_goes();
"""


class Migration(migrations.Migration):
    dependencies = [("inbox", "0011_deeds")]

    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("url", models.TextField()),
                ("alt_text", models.TextField(blank=True)),
                ("content", models.BinaryField(null=True)),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("not_before", models.DateTimeField(db_default=inbox.clock.Clock(), null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pictures", to="inbox.message"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("message", "number"), name="one_picture_a_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("content__isnull", True), ("width__isnull", True)),
                            models.Q(("content__isnull", False), ("width__isnull", False)),
                            _connector="OR",
                        ),
                        name="picture_whole",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("not_before__isnull", False)), fields=["not_before"], name="picture_due"
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]

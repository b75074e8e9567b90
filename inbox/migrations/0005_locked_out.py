"""Who is locked out is told apart from other changes to a person: their open streams end at once."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER person_locked_out AFTER UPDATE OF is_active ON inbox_person FOR EACH ROW
    WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION inbox_tell('locked_out');
"""
BACK = "DROP TRIGGER person_locked_out ON inbox_person;"


class Migration(migrations.Migration):
    dependencies = [("inbox", "0004_events")]
    operations = [migrations.RunSQL(FORWARD, BACK)]

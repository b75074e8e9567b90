"""A gap that is found or acknowledged shows in every open browser at once."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER gap_changed AFTER INSERT OR UPDATE ON inbox_gap FOR EACH ROW EXECUTE FUNCTION inbox_tell('channel');
CREATE TRIGGER quarantine_changed AFTER INSERT OR UPDATE ON inbox_quarantined
    FOR EACH ROW EXECUTE FUNCTION inbox_tell('channel');
"""
BACK = "DROP TRIGGER gap_changed ON inbox_gap;\nDROP TRIGGER quarantine_changed ON inbox_quarantined;"


class Migration(migrations.Migration):
    dependencies = [("inbox", "0009_network_words")]
    operations = [migrations.RunSQL(FORWARD, BACK)]

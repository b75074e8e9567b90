"""The gate: a reply that goes out has a verdict, or an approval, of exactly the text that goes out (DESIGN §5).

Written in SQL because a CHECK passes on NULL: every branch ends in coalesce(…, false).
"""

from django.db import migrations

DIGEST = "md5(rulebook_version::text || ':' || visibility || ':' || coalesce(answers_id::text, '') || ':' || outgoing)"
FORWARD = f"""
ALTER TABLE inbox_reply ADD CONSTRAINT reply_gate CHECK (
    state NOT IN ('queued', 'sending', 'sent', 'uncertain')
    OR coalesce(effect IN ('send', 'warn') AND digest = {DIGEST}, false)
    OR coalesce(
        approved_by_id IS NOT NULL AND written_by_id IS NOT NULL
        AND (approved_by_id <> written_by_id OR approved_alone)
        AND approved_digest = {DIGEST}, false)
);
ALTER TABLE inbox_reply ADD CONSTRAINT reply_outgoing_is_whole CHECK (outgoing = text || signature);
"""
BACK = """
ALTER TABLE inbox_reply DROP CONSTRAINT reply_outgoing_is_whole;
ALTER TABLE inbox_reply DROP CONSTRAINT reply_gate;
"""


class Migration(migrations.Migration):
    dependencies = [("inbox", "0001_tables")]
    operations = [migrations.RunSQL(FORWARD, BACK)]

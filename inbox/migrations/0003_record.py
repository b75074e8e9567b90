"""The record is only ever added to: the database refuses to change, remove or truncate its rows."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION inbox_record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record is not changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON inbox_audit
    FOR EACH ROW EXECUTE FUNCTION inbox_record_stays();
CREATE TRIGGER audit_not_truncated BEFORE TRUNCATE ON inbox_audit
    FOR EACH STATEMENT EXECUTE FUNCTION inbox_record_stays();
"""
BACK = """
DROP TRIGGER audit_not_truncated ON inbox_audit;
DROP TRIGGER audit_stays ON inbox_audit;
DROP FUNCTION inbox_record_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("inbox", "0002_gate")]
    operations = [migrations.RunSQL(FORWARD, BACK)]

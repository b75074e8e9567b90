"""A published rulebook and its rules never change: replies point at it. A trigger: no code path can forget it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION policies_published_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- Both sides of a move: a rule may neither leave nor enter a published rulebook.
    was bigint := CASE WHEN TG_OP <> 'INSERT' THEN OLD.rulebook_id END;
    becomes bigint := CASE WHEN TG_OP <> 'DELETE' THEN NEW.rulebook_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM policies_rulebook WHERE id IN (was, becomes) AND state = 'published') THEN
        RAISE EXCEPTION 'a published rulebook is not changed: make a new draft' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER rule_of_published_stays BEFORE INSERT OR UPDATE OR DELETE ON policies_rule
    FOR EACH ROW EXECUTE FUNCTION policies_published_stays();

CREATE FUNCTION policies_rulebook_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'published' THEN
        RAISE EXCEPTION 'a published rulebook is not changed: make a new draft' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER rulebook_published_stays BEFORE UPDATE OR DELETE ON policies_rulebook
    FOR EACH ROW EXECUTE FUNCTION policies_rulebook_stays();
"""
BACK = """
DROP TRIGGER rulebook_published_stays ON policies_rulebook;
DROP FUNCTION policies_rulebook_stays();
DROP TRIGGER rule_of_published_stays ON policies_rule;
DROP FUNCTION policies_published_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_rulebooks")]
    operations = [migrations.RunSQL(FORWARD, BACK)]

"""What the open browsers are told: triggers, so that no code path can change something people see and say nothing.

Payload "kind:id:version" on the channel "samtal". A renewed lease alone is not an event.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION inbox_thread_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER thread_version BEFORE UPDATE ON inbox_thread FOR EACH ROW
    WHEN ((OLD.state, OLD.topic, OLD.topic_suggested, OLD.topics_refused::text, OLD.danger, OLD.due_at, OLD.later_until,
           OLD.claimed_by_id, OLD.assigned_to_id, OLD.last_at, OLD.excerpt, OLD.look_again_on)
          IS DISTINCT FROM
          (NEW.state, NEW.topic, NEW.topic_suggested, NEW.topics_refused::text, NEW.danger, NEW.due_at, NEW.later_until,
           NEW.claimed_by_id, NEW.assigned_to_id, NEW.last_at, NEW.excerpt, NEW.look_again_on))
    EXECUTE FUNCTION inbox_thread_version();

CREATE FUNCTION inbox_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Branches, not a CASE: only the branch that is taken is planned, and the tables have different columns.
    IF TG_TABLE_NAME = 'inbox_thread' THEN
        PERFORM pg_notify('samtal', 'thread:' || NEW.id || ':' || NEW.version);
    ELSIF TG_TABLE_NAME IN ('inbox_message', 'inbox_note') THEN
        PERFORM pg_notify('samtal', 'thread:' || NEW.thread_id || ':' || NEW.id);
    ELSIF TG_TABLE_NAME IN ('inbox_reply', 'inbox_followup') THEN
        PERFORM pg_notify('samtal', TG_ARGV[0] || ':' || NEW.thread_id || ':' || NEW.id);
    ELSE
        PERFORM pg_notify('samtal', TG_ARGV[0] || ':' || NEW.id || ':0');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER thread_new AFTER INSERT ON inbox_thread FOR EACH ROW EXECUTE FUNCTION inbox_tell();
CREATE TRIGGER thread_changed AFTER UPDATE ON inbox_thread FOR EACH ROW
    WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION inbox_tell();
CREATE TRIGGER message_changed AFTER INSERT OR UPDATE OF text, hidden, removed_at ON inbox_message
    FOR EACH ROW EXECUTE FUNCTION inbox_tell();
CREATE TRIGGER reply_changed AFTER UPDATE OF state, waits_for ON inbox_reply FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.waits_for <> NEW.waits_for) EXECUTE FUNCTION inbox_tell('reply');
CREATE TRIGGER note_new AFTER INSERT ON inbox_note FOR EACH ROW EXECUTE FUNCTION inbox_tell();
CREATE TRIGGER follow_up_changed AFTER INSERT OR UPDATE ON inbox_followup FOR EACH ROW
    EXECUTE FUNCTION inbox_tell('follow_up');
CREATE TRIGGER brake_changed AFTER INSERT OR UPDATE ON inbox_brake FOR EACH ROW EXECUTE FUNCTION inbox_tell('brake');
CREATE TRIGGER channel_changed AFTER UPDATE ON inbox_channel FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.last_error <> NEW.last_error) EXECUTE FUNCTION inbox_tell('channel');
CREATE TRIGGER person_changed AFTER UPDATE ON inbox_person FOR EACH ROW
    WHEN (OLD.on_duty <> NEW.on_duty OR OLD.is_active <> NEW.is_active) EXECUTE FUNCTION inbox_tell('person');
CREATE TRIGGER situation_changed AFTER INSERT OR UPDATE ON policies_situation
    FOR EACH ROW EXECUTE FUNCTION inbox_tell('situation');
CREATE TRIGGER rulebook_changed AFTER UPDATE ON policies_rulebook FOR EACH ROW
    WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION inbox_tell('rulebook');
"""
TRIGGERS = (
    ("rulebook_changed", "policies_rulebook"),
    ("situation_changed", "policies_situation"),
    ("person_changed", "inbox_person"),
    ("channel_changed", "inbox_channel"),
    ("brake_changed", "inbox_brake"),
    ("follow_up_changed", "inbox_followup"),
    ("note_new", "inbox_note"),
    ("reply_changed", "inbox_reply"),
    ("message_changed", "inbox_message"),
    ("thread_changed", "inbox_thread"),
    ("thread_new", "inbox_thread"),
    ("thread_version", "inbox_thread"),
)
BACK = (
    "".join(f"DROP TRIGGER {name} ON {table};\n" for name, table in TRIGGERS)
    + "DROP FUNCTION inbox_tell();\nDROP FUNCTION inbox_thread_version();"
)


class Migration(migrations.Migration):
    dependencies = [("inbox", "0003_record"), ("policies", "0001_rulebooks")]
    operations = [migrations.RunSQL(FORWARD, BACK)]

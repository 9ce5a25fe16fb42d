"""Triggers that keep immutable rows immutable, on SQLite and PostgreSQL alike."""

from django.db import migrations

IMMUTABLE = {
    "evaluations_event": ("workspace_id", "sequence", "at", "actor", "verb", "subject", "payload", "previous_hash", "hash"),
    "evaluations_suiteversion": ("suite_id", "number", "content_hash", "sample_count", "mapping"),
    "evaluations_sample": ("version_id", "position", "key", "input", "targets", "target_rule", "task_type", "criticality", "tags"),
    "evaluations_audit": ("workspace_id", "number", "suite_version_id", "plan", "plan_digest", "locked_at"),
    "evaluations_report": ("audit_id", "version", "snapshot", "digest"),
}
NO_DELETE = ("evaluations_event",)


def triggers(vendor):
    """(create, drop) SQL of every trigger for a database vendor."""
    if vendor == "postgresql":
        yield (
            "CREATE FUNCTION pedigree_refuse() RETURNS trigger AS $$ BEGIN "
            "RAISE EXCEPTION 'a stored row of % cannot be changed', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$ LANGUAGE plpgsql",
            "DROP FUNCTION IF EXISTS pedigree_refuse() CASCADE",
        )
    for table, columns in IMMUTABLE.items():
        yield update_trigger(vendor, table, columns)
    if vendor == "postgresql":
        for table in NO_DELETE:
            yield (
                f"CREATE TRIGGER {table}_keep BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION pedigree_refuse()",
                f"DROP TRIGGER IF EXISTS {table}_keep ON {table}",
            )


def update_trigger(vendor, table, columns):
    """(create, drop) SQL of the trigger that refuses a change of ``columns``."""
    names = ", ".join(f'"{column}"' for column in columns)
    if vendor == "postgresql":
        changed = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)
        return (
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION pedigree_refuse()",
            f"DROP TRIGGER IF EXISTS {table}_frozen ON {table}",
        )
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)
    return (
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OF {names} ON {table} WHEN {changed} "
        f"BEGIN SELECT RAISE(ABORT, 'a stored row of {table} cannot be changed'); END",
        f"DROP TRIGGER IF EXISTS {table}_frozen",
    )


def forwards(apps, schema_editor):
    """Create the triggers."""
    for create, _ in triggers(schema_editor.connection.vendor):
        schema_editor.execute(create, params=None)


def backwards(apps, schema_editor):
    """Drop the triggers."""
    for _, drop in triggers(schema_editor.connection.vendor):
        schema_editor.execute(drop, params=None)


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]

"""Forms that were sent keep their answers, so that a second sending gets the same one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import inbox.clock


class Migration(migrations.Migration):
    dependencies = [("inbox", "0005_locked_out")]
    operations = [
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField()),
                ("route", models.CharField(max_length=80)),
                ("digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("headers", models.JSONField(default=dict)),
                ("body", models.TextField(blank=True)),
                ("at", models.DateTimeField(db_default=inbox.clock.Clock())),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="submission_at")],
                "constraints": [models.UniqueConstraint(fields=("person", "key", "route"), name="one_answer_a_form")],
            },
        ),
        migrations.RemoveField(model_name="reply", name="key"),
    ]

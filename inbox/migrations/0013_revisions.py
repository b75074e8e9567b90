"""What an approver changed, and why a lead let through what the rules stop."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import inbox.clock


class Migration(migrations.Migration):
    dependencies = [("inbox", "0012_pictures")]
    operations = [
        migrations.AddField(
            model_name="reply",
            name="approved_despite",
            field=models.CharField(
                blank=True, default="", help_text="Why a lead let through what was stopped", max_length=300
            ),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.TextField()),
                ("after", models.TextField()),
                ("at", models.DateTimeField(db_default=inbox.clock.Clock())),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "reply",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="inbox.reply"
                    ),
                ),
            ],
        ),
    ]

"""Channels know what their token may do, how long it lasts and who renews it; consents under way."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import inbox.clock
import inbox.models.channel
import inbox.models.reply
import inbox.models.secret


class Migration(migrations.Migration):
    dependencies = [("inbox", "0006_submissions")]
    operations = [
        migrations.AddField("channel", "token_version", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "channel",
            "scopes",
            models.JSONField(help_text="What was allowed; null where the network does not say", null=True),
        ),
        migrations.AddField("channel", "token_expires_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "channel",
            "renew_at",
            models.DateTimeField(help_text="When it is renewed; null where that takes a person", null=True),
        ),
        migrations.AddField(
            "channel",
            "renewing_until",
            models.DateTimeField(help_text="One worker renews it; others wait until then", null=True),
        ),
        migrations.AddField("channel", "renewed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "channel",
            "warn_at",
            models.DateTimeField(help_text="When people are next written to about this channel", null=True),
        ),
        migrations.AlterField(
            "channel",
            "state",
            models.CharField(choices=inbox.models.channel.ChannelState, default="active", max_length=10),
        ),
        migrations.AlterField(
            "reply",
            "reason",
            models.CharField(blank=True, choices=inbox.models.reply.Reason, default="", max_length=16),
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        help_text="Comes back with the person; nobody can guess it", max_length=64, unique=True
                    ),
                ),
                ("network", models.CharField(max_length=20)),
                ("secrets", inbox.models.secret.SecretsField(default=dict)),
                ("begun_at", models.DateTimeField(db_default=inbox.clock.Clock())),
                ("came_back", models.BooleanField(default=False)),
                (
                    "channel",
                    models.ForeignKey(
                        help_text="To be connected again",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inbox.channel",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
    ]

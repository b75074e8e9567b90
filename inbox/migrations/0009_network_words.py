"""What the networks tell: notifications, tombstones, gaps, what reading costs; when each message is looked up again."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import inbox.clock


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0008_longer_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="Foretold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=20)),
                ("remote_id", models.CharField(max_length=120)),
                ("removed_at", models.DateTimeField(null=True)),
                ("hidden", models.BooleanField(null=True)),
                ("hidden_at", models.DateTimeField(help_text="By the network's own clock", null=True)),
                ("told_at", models.DateTimeField(db_default=inbox.clock.Clock())),
            ],
        ),
        migrations.CreateModel(
            name="Gap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(max_length=600)),
                ("from_at", models.DateTimeField()),
                ("to_at", models.DateTimeField()),
                (
                    "wall",
                    models.CharField(
                        choices=[
                            ("count", "The network shows no more than its newest messages."),
                            ("age", "The network does not show what is older than this."),
                            ("reach", "It is older than this channel reaches back."),
                        ],
                        max_length=8,
                    ),
                ),
                ("found_at", models.DateTimeField(db_default=inbox.clock.Clock())),
                ("acknowledged_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RawEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=20)),
                ("body", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("received_on", models.DateField(db_default=inbox.clock.Clock())),
                ("received_at", models.DateTimeField(db_default=inbox.clock.Clock())),
                ("read_at", models.DateTimeField(null=True)),
                ("not_before", models.DateTimeField(db_default=inbox.clock.Clock())),
                ("tries", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Spend",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("kind", models.CharField(max_length=12)),
                ("units", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="channel",
            name="monthly_cap",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=9,
                null=True,
                verbose_name="money for reading and sending a month, in dollars",
            ),
        ),
        migrations.AddField(
            model_name="channel",
            name="reads_closed_until",
            field=models.DateTimeField(help_text="The same for reading alone", null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="hidden_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="look_at",
            field=models.DateTimeField(help_text="When the network is next asked whether it still stands", null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="text_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="version_id",
            field=models.CharField(blank=True, help_text="The id its newest version goes by", max_length=80),
        ),
        migrations.AddField(
            model_name="stream",
            name="seen",
            field=models.PositiveIntegerField(default=0, help_text="Messages that the open window has shown"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("look_at__isnull", False)), fields=["look_at"], name="message_look"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("parent_remote_id", ""), _negated=True),
                fields=["network", "parent_remote_id"],
                name="message_below",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("version_id", ""), _negated=True),
                fields=["network", "version_id"],
                name="message_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="foretold",
            constraint=models.UniqueConstraint(fields=("network", "remote_id"), name="foretold_once"),
        ),
        migrations.AddField(
            model_name="gap",
            name="acknowledged_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="gap",
            name="channel",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="gaps", to="inbox.channel"
            ),
        ),
        migrations.AddField(
            model_name="rawevent",
            name="channel",
            field=models.ForeignKey(
                help_text="Whose secret it was",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="inbox.channel",
            ),
        ),
        migrations.AddField(
            model_name="spend",
            name="channel",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="spent", to="inbox.channel"
            ),
        ),
        migrations.AddIndex(
            model_name="gap",
            index=models.Index(
                condition=models.Q(("acknowledged_at__isnull", True)), fields=["channel"], name="gap_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="gap",
            constraint=models.UniqueConstraint(fields=("channel", "stream", "from_at"), name="one_gap"),
        ),
        migrations.AddConstraint(
            model_name="gap",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_at__gt", models.F("from_at"))), name="gap_has_length"
            ),
        ),
        migrations.AddIndex(
            model_name="rawevent",
            index=models.Index(
                condition=models.Q(("read_at__isnull", True)), fields=["not_before"], name="raw_event_unread"
            ),
        ),
        migrations.AddConstraint(
            model_name="rawevent",
            constraint=models.UniqueConstraint(fields=("received_on", "network", "digest"), name="one_event_a_day"),
        ),
        migrations.AddConstraint(
            model_name="spend",
            constraint=models.UniqueConstraint(fields=("channel", "day", "kind"), name="one_spend"),
        ),
    ]

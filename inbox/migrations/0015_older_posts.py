"""The rota of older posts: what stands under a post has its turn, and a round through them all is on the record."""

import django.db.models.deletion
from django.db import migrations, models

import inbox.clock


class Migration(migrations.Migration):
    dependencies = [("inbox", "0014_corrections")]
    operations = [
        migrations.AddField(
            "stream",
            "post_at",
            models.DateTimeField(null=True, help_text="Since when the post stands; null for what is always polled"),
        ),
        migrations.AddField(
            "stream",
            "polled_until",
            models.DateTimeField(null=True, help_text="Null: as far back as the channel reaches"),
        ),
        migrations.AddField(
            "stream", "heard_at", models.DateTimeField(null=True, help_text="When something new last came in")
        ),
        migrations.AddField(
            "stream", "read_at", models.DateTimeField(null=True, help_text="When it was last read to its end")
        ),
        migrations.AddIndex(
            "stream",
            models.Index(
                fields=["channel", "read_at"], name="stream_turn", condition=models.Q(("post_at__isnull", False))
            ),
        ),
        migrations.CreateModel(
            "Round",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField(db_default=inbox.clock.Clock())),
                ("ended_at", models.DateTimeField(null=True)),
                ("posts", models.PositiveIntegerField(default=0)),
                ("found", models.PositiveIntegerField(default=0)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rounds", to="inbox.channel"
                    ),
                ),
            ],
        ),
        migrations.AddIndex("round", models.Index(fields=["channel", "-began_at"], name="round_newest")),
        migrations.AddConstraint(
            "round",
            models.UniqueConstraint(
                fields=["channel"], name="one_round_at_a_time", condition=models.Q(("ended_at__isnull", True))
            ),
        ),
    ]

"""What the network keeps from a channel, and how much of its budget is left, stand on the channels page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0015_older_posts")]
    operations = [
        migrations.AddField(
            "stream",
            "refused_at",
            models.DateTimeField(null=True, help_text="Since when the network does not let us read it"),
        ),
        migrations.AddField(
            "channel",
            "budget_left",
            models.FloatField(null=True, help_text="Share of the network's calls after the last read"),
        ),
    ]

"""Once a token, the network is asked to notify us."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0016_told_by_the_network")]
    operations = [
        migrations.AddField(
            "channel",
            "subscribed_with",
            models.PositiveIntegerField(
                null=True, help_text="The version of the token by which the network was asked to notify us"
            ),
        ),
    ]

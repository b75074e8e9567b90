from django.db import migrations, models


class Migration(migrations.Migration):
    """Room for addresses as accounts and in the names of streams; what to listen for; answers written by hand."""

    dependencies = [("inbox", "0007_channel_tokens")]

    operations = [
        migrations.AlterField(
            "channel", "account_id", models.CharField(max_length=300, verbose_name="page or account id")
        ),
        migrations.AddField(
            "channel",
            "searches",
            models.TextField(blank=True, default="", verbose_name="what else we listen for"),
            preserve_default=False,
        ),
        migrations.AlterField("stream", "key", models.CharField(max_length=600)),
        migrations.AlterField("quarantined", "stream", models.CharField(max_length=600)),
        migrations.AlterField(
            "reply",
            "waits_for",
            models.CharField(
                blank=True,
                choices=[
                    ("", ""),
                    ("undo", "Undo window"),
                    ("order", "An earlier reply of this thread"),
                    ("token", "The channel must be connected again"),
                    ("rate", "The network's rate limit"),
                    ("window", "A time when the network takes it"),
                    ("paused", "The channel is paused"),
                    ("brake", "Sending is stopped"),
                    ("hand", "Somebody writes it on the site itself"),
                ],
                default="",
                max_length=8,
            ),
        ),
    ]

"""A reply may correct another that stands on its network: one at a time."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0013_revisions")]
    operations = [
        migrations.AddField(
            "reply",
            "corrects",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="inbox.reply",
            ),
        ),
        migrations.AddConstraint(
            "reply",
            models.UniqueConstraint(
                condition=models.Q(("state", "removed"), _negated=True),
                fields=("corrects",),
                name="one_correction_at_a_time",
            ),
        ),
    ]

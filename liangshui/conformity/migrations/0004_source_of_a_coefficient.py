from django.db import migrations, models
from django.db.models import F, Q


def said_with_the_quota(apps, schema_editor):
    """Until now one field held the source of both."""
    lines = apps.get_model("conformity", "PlanLine").objects
    lines.filter(coefficient__isnull=False).update(coefficient_source=F("source"))


class Migration(migrations.Migration):
    dependencies = [("conformity", "0003_norm_of_a_line")]

    operations = [
        migrations.AddField(
            "planline",
            "coefficient_source",
            models.CharField(blank=True, default="", max_length=200, verbose_name="source of the irrigation coefficient"),
            preserve_default=False,
        ),
        migrations.RunPython(said_with_the_quota, migrations.RunPython.noop),
        migrations.AddConstraint(
            "planline",
            models.CheckConstraint(
                condition=Q(coefficient__isnull=True, coefficient_source="")
                | Q(coefficient__isnull=False) & ~Q(coefficient_source=""),
                name="conformity_coefficient_has_source",
            ),
        ),
    ]

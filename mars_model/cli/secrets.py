"""Which credentials are not shown: those of the environment, of Spark's settings and of ours."""

import os

from mars_model.errors import MarsBatchError
from mars_model.redact import secret_values
from mars_model.settings import Settings


def known_secrets() -> tuple[str, ...]:
    """Credentials that the environment or Spark's settings hold."""
    # Not above: it imports PySpark, and most commands show something only at their end.
    from mars_model.tables.spark_settings import spark_settings

    try:
        of_spark = spark_settings()
    except MarsBatchError:  # said where Spark starts
        of_spark = {}
    return (*secret_values(os.environ), *secret_values(of_spark))


def secrets_beside(settings: Settings) -> tuple[str, ...]:
    """The same, and passwords in the addresses of our own settings."""
    warehouse, tracking = settings.warehouse, settings.tracking
    addresses = {"path": warehouse.path, "models": warehouse.models, "uri": tracking.uri}
    return (*known_secrets(), *secret_values({k: v for k, v in addresses.items() if v}))

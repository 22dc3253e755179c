from tests.gateway.conftest import database, gateway, make_station, town  # noqa: F401  (the same real gateway)
from tests.gateway.test_kill import start  # noqa: F401

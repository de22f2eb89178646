"""How properties are tried in Odoo: the same examples each time, on a clock of ours."""

from hypothesis import HealthCheck, Phase, settings

#: Take it with `max_examples`, as for `hypothesis.settings`.
IN_ODOO = settings(
    derandomize=True,
    deadline=None,
    database=None,
    # Time stands still here, and shrinking goes by the clock.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

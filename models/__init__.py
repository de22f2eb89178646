from . import (
    assistant,
    batch,
    database,
    engine_owned,
    res_company,
    transfer,
    request,
    match,
    feed,
    reconcile,
    reminder,
    res_config_settings,
)

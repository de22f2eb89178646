from . import (
    batch,
    res_company,
    transfer,
    request,
    match,
    feed,
    reconcile,
    reminder,
    res_config_settings,
)

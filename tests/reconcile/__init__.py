from . import (
    test_reconcile_screen,
    test_reconcile_tour,
)

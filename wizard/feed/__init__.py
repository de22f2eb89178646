from . import bridge_connect

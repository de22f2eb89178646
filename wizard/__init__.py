from . import request, feed, reminder

from . import transfer, request, feed, reminder

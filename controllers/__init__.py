from . import body, transfer, request, feed, reminder

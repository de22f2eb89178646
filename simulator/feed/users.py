"""Bridge users, and the tokens with which an application acts for them."""

import re
import secrets
import uuid
from datetime import timedelta

from ..clock import from_text, to_text

TOKEN_LIFE = timedelta(hours=2)
EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Users:
    """Users of every application. Runs with the lock held."""

    def __init__(self, store, clock, outbox, faults, items):
        self._store = store
        self._feed = store.feed
        self._clock = clock
        self._outbox = outbox
        self._faults = faults
        self._items = items

    def of(self, application):
        """Return the users of ``application``, oldest first."""
        return [
            user
            for user in self._feed.users.values()
            if user["client_id"] == application.client_id
        ]

    def find(self, application, *, user_uuid=None, external_user_id=None):
        """Return the application's user with one of these ids, or None."""
        for user in self.of(application):
            if user_uuid is not None and user["uuid"] == user_uuid:
                return user
            if external_user_id and user["external_user_id"] == external_user_id:
                return user
        return None

    def create(self, application, external_user_id=None):
        """Return a new user of ``application``."""
        user = {
            "uuid": str(uuid.uuid4()),
            "number": self._store.number(),
            "client_id": application.client_id,
            "external_user_id": external_user_id,
        }
        self._feed.users[user["uuid"]] = user
        self._store.dirty = True
        return user

    def delete(self, user):
        """Forget a user with their connections, tokens and sessions."""
        for item in self._feed.items_of(user):
            self._items.delete(item)
        for things in (self._feed.tokens, self._feed.sessions):
            for key, thing in list(things.items()):
                if thing["user_uuid"] == user["uuid"]:
                    del things[key]
        del self._feed.users[user["uuid"]]
        self._store.dirty = True
        application = self._store.applications[user["client_id"]]
        content = {"user_uuid": user["uuid"]}
        self._outbox.emit(application, "user.deleted", content)

    def grant(self, user):
        """Return a new token of ``user``."""
        now = self._clock.now()
        self._forget_dead(now)
        token = {
            "access_token": secrets.token_urlsafe(48),
            "user_uuid": user["uuid"],
            "client_id": user["client_id"],
            "dies_at": to_text(now + TOKEN_LIFE),
            # as the client's own present has it
            "expires_at": to_text(now - self._clock.drift + TOKEN_LIFE),
        }
        self._feed.tokens[token["access_token"]] = token
        self._store.dirty = True
        return token

    def authenticate(self, application, authorization):
        """Return the user that a bearer header is good for, or None."""
        scheme, _space, value = (authorization or "").partition(" ")
        token = self._feed.tokens.get(value.strip())
        if scheme.lower() != "bearer" or token is None:
            return None
        if self._faults.take("expired_token"):
            del self._feed.tokens[token["access_token"]]
            return None
        if token["client_id"] != application.client_id:
            return None
        if from_text(token["dies_at"]) <= self._clock.now():
            return None
        return self._feed.users.get(token["user_uuid"])

    def _forget_dead(self, now):
        for token in list(self._feed.tokens.values()):
            if from_text(token["dies_at"]) <= now:
                del self._feed.tokens[token["access_token"]]

"""Answers of a server that is broken, or means harm: what a client has to survive."""

import gzip
import json
import select
import time
from functools import lru_cache

from werkzeug.wrappers import Response

# Real seconds without a word before a silent connection is closed.
SILENCE_SECONDS = 30
# Bytes that a bomb unpacks to, and those of each of its parts.
BOMB_BYTES = 300 << 20
PART_BYTES = 1 << 20
# Headers go on for ever, or as good as.
DRIPPED_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"X-Patience: please\r\n" * 1000
CONTROLS = "\x00\x1b[31m\x07\u2028\ud800"
# What JSON, or Python, can hardly hold, and the words it stands for until written.
RAW = {
    '"HUGE-ID"': "9" * 5000,
    '"HUGE-NUMBER"': "1e999999",
    '"NAN"': "NaN",
    '"DEEP"': "[" * 20_000 + "]" * 20_000,
}
# Another kind than what stands there, or none that can be: nothing here is a lie that a
# client could take for the truth.
ANY_KIND = (None, True, 7, "text", "", [], {}, "HUGE-ID", "DEEP")
NUMBERS = (None, True, "text", "", [], {}, "HUGE-ID", "HUGE-NUMBER", "NAN")
LISTS = (None, True, 7, "text", {}, [None], ["x"], [[]], [{"id": None}], "DEEP")
TEXTS = (None, True, 7, 0.5, "", [], {}, ["x"], {"x": "y"}, "HUGE-ID", "HUGE-NUMBER")
ADDRESSES = (
    *("https://elsewhere.example/x", "//elsewhere.example/", "javascript:alert(1)"),
    *("https://[", "http://127.0.0.1:99999/", "file:///etc/passwd", "data:,x"),
)
# Bodies that are wrong as a whole.
NO_ANSWERS = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"7",
    b"<html>",
    b"\xff\xfe\x00",
    b'{"id": ',
)


def before(sim, request):
    """Do to a call what needs no answer, before its work is done.

    :raises ConnectionAbortedError: the connection is to be dropped
    """
    connection = request.environ["werkzeug.socket"]
    if _take(sim, "silence"):
        # a client that gives up ends it; a body that nobody has read would, too
        request.get_data()
        select.select([connection], [], [], SILENCE_SECONDS)
        raise ConnectionAbortedError("silent on purpose")
    if _take(sim, "drip_headers"):
        for byte in _slowly(sim, DRIPPED_HEADERS):
            connection.sendall(byte)
        raise ConnectionAbortedError("dripped on purpose")


def redirection(sim, request):
    """Return an answer that sends the caller to another host, where the right answer
    waits; None while nobody is to be sent there."""
    if not sim.faults.take("redirect"):
        return None
    path = request.full_path.rstrip("?")
    location = f"http://localhost:{request.server[1]}{path}"
    return Response(status=307, headers={"Location": location})


def spoiled(sim, answer):
    """Return a right answer as a hostile server would give it."""
    faults = sim.faults
    if faults.take("wrong_shape"):
        answer.set_data(misshapen(answer.get_data(), sim.chance))
    if faults.take("bomb"):
        answer.set_data(bomb(answer.get_data()))
        answer.headers["Content-Encoding"] = "gzip"
    if faults.take("drip_body"):
        body = answer.get_data()
        answer.response = _slowly(sim, body)
        answer.content_length = len(body)
    return answer


def misshapen(body, chance):
    """Return a JSON body in which something is of another kind, or missing.

    :param bytes body: a right answer
    :param random.Random chance: what chooses
    """
    if not body or chance.random() < 0.15:
        return chance.choice(NO_ANSWERS)
    root = [json.loads(body)]
    places = list(_places(root))
    changes = min(chance.choice((1, 1, 1, 2, 4)), len(places))
    for holder, key in chance.sample(places, changes):
        if isinstance(key, str) and chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = _wrong_for(holder[key], chance)
    text = json.dumps(root[0])
    for word, raw in RAW.items():
        text = text.replace(word, raw)
    return text.encode()


def bomb(body):
    """Return ``body`` after so much white space, in little gzip."""
    return _white_space() + gzip.compress(body)


@lru_cache
def _white_space():
    # members of a gzip file follow each other
    return gzip.compress(b" " * PART_BYTES) * (BOMB_BYTES // PART_BYTES)


def _wrong_for(value, chance):
    if isinstance(value, str):
        more = (value + CONTROLS, value + "x" * 70_000)
        return chance.choice(TEXTS + more + (ADDRESSES if "://" in value else ()))
    if isinstance(value, list):
        return chance.choice(LISTS)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return chance.choice(NUMBERS if number else ANY_KIND)


def _places(data):
    """Yield each member as (what holds it, key or index)."""
    keys = data if isinstance(data, dict) else range(len(data))
    for key in list(keys):
        yield data, key
        if isinstance(data[key], (dict, list)):
            yield from _places(data[key])


def _slowly(sim, data):
    for position in range(len(data)):
        yield data[position : position + 1]
        time.sleep(sim.faults.drip_pause)


def _take(sim, name):
    with sim.lock:
        return sim.faults.take(name)

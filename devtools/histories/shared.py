"""What the driver and Odoo's processes share: a clock, and fuses that end a process."""

import mmap
import struct
from pathlib import Path

# What a fuse does when it has burnt down.
NOTHING, KILL, END_SESSION = range(3)
# What burns it: SQL statements and commits, or answers of Bridge.
SQL, HTTP = range(2)
# Who has a fuse: the web server, and up to two workers at once.
SERVER, WORKER, SECOND_WORKER = range(3)
_CLOCK = struct.Struct("d")
_FUSE = struct.Struct("iii")
_SIZE = _CLOCK.size + 3 * _FUSE.size


class Shared:
    """A small file in memory; whoever maps it sees what others write."""

    def __init__(self, path: Path):
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)

    @property
    def ahead(self) -> float:
        """Seconds by which Odoo's clock is ahead of the machine's."""
        return _CLOCK.unpack_from(self._memory)[0]

    @ahead.setter
    def ahead(self, seconds: float) -> None:
        _CLOCK.pack_into(self._memory, 0, seconds)

    def light(self, who: int, effect: int, burns: int, length: int) -> None:
        """Let a fuse of so many statements, or answers, burn."""
        _FUSE.pack_into(self._memory, self._place(who), effect, burns, length)

    def put_out(self, who: int) -> None:
        """Have nothing happen to a process any more."""
        self.light(who, NOTHING, 0, 0)

    def effect(self, who: int) -> int:
        """Return what a fuse that still burns will do."""
        return _FUSE.unpack_from(self._memory, self._place(who))[0]

    def is_lit(self, who: int) -> bool:
        """Tell whether a fuse still burns."""
        return self.effect(who) != NOTHING

    def burn(self, who: int, by: int) -> int:
        """Burn a fuse by one; return what it does now that it has burnt down."""
        effect, burns, length = _FUSE.unpack_from(self._memory, self._place(who))
        if effect == NOTHING or burns != by:
            return NOTHING
        if length > 1:
            self.light(who, effect, burns, length - 1)
            return NOTHING
        self.put_out(who)
        return effect

    @staticmethod
    def _place(who: int) -> int:
        return _CLOCK.size + who * _FUSE.size

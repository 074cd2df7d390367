"""Jupyter's messages on the wire, read only as far as a kernel's wrapper needs.

A few lines in place of jupyter_client's Session, whose import would take as
long as everything else at a kernel's start.
"""

import hmac
import json
from datetime import datetime, timezone
from functools import cached_property
from uuid import uuid4

DELIMITER = b"<IDS|MSG>"


class Message:
    """The frames of one message: who asked, delimiter, signature, header, parent, metadata, content."""

    def __init__(self, frames):
        at = frames.index(DELIMITER)
        self.asker = frames[:at]
        self.frames = frames
        # What is left when nobody is named: what the other side's socket adds its own names to.
        self.body = frames[at:]
        self.header = json.loads(self.body[2])
        self.parent = json.loads(self.body[3])
        self.id = self.header["msg_id"]
        self.type = self.header["msg_type"]
        self.parent_id = self.parent.get("msg_id")

    @cached_property
    def content(self):
        return json.loads(self.body[5])


class Wire:
    """Signs the messages of one connection, makes new ones and reads others."""

    def __init__(self, key):
        self.key = key.encode()
        self.session = uuid4().hex

    def read(self, frames):
        """The message, or None if it is not signed with this connection's key."""
        if DELIMITER not in frames or len(frames) < frames.index(DELIMITER) + 6:
            return None
        message = Message(frames)
        is_signed = hmac.compare_digest(self._sign(message.body[2:6]), message.body[1])
        return message if is_signed else None

    def make(self, kind, content, parent=None, asker=()):
        """A new message of this kernel, as an answer to the message whose header is given."""
        header = {
            "msg_id": uuid4().hex,
            "msg_type": kind,
            "username": "kernel",
            "session": self.session,
            "date": datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"),
            "version": "5.3",
        }
        # What is not valid UTF-8 came in as surrogates, and leaves as it came.
        parts = [json.dumps(each, ensure_ascii=False).encode("utf8", "surrogatepass") for each in (header, parent or {}, {}, content)]
        return Message([*asker, DELIMITER, self._sign(parts), *parts])

    def _sign(self, parts):
        return hmac.digest(self.key, b"".join(parts), "sha256").hex().encode() if self.key else b""

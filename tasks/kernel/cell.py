"""A cell on its way through Deno's kernel."""

import asyncio


class Cell:
    """An execute_request that Deno has been given, and what has come back of it."""

    def __init__(self, request):
        self.request = request
        self.id = request.id
        loop = asyncio.get_running_loop()
        self.reply = loop.create_future()
        self.idle = loop.create_future()
        # Its result or error, kept until the text that was printed before is out.
        self.last = []
        self.is_interrupted = False

    @property
    def has_error(self):
        return any(message.type == "error" for message in self.last)


def resolve(future, value):
    """Sets a result that may be there already."""
    if not future.done():
        future.set_result(value)

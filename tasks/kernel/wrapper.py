"""Between Jupyter and Deno's kernel: see deno_kernel.py."""

import asyncio
import os
import signal
from collections import deque
from pathlib import Path
from uuid import uuid4

import zmq
import zmq.asyncio
from cell import Cell, resolve
from deno_process import address
from why import why_it_failed
from wire import Wire

PRELUDE = Path(__file__).with_name("prelude.ts").read_text()
FENCE = 'await globalThis[Symbol.for("kernel-wrapper.fence")]("%s");'
DEAF = "Stop was pressed, but this cell waits for something that cannot be interrupted. To end it, restart the kernel.\n"

# Run All's requests trickle in. After an error, those are dropped that come before it has been silent for so long.
QUIET_SECONDS = 0.3
LONGEST_TRICKLE_SECONDS = 3
# JavaScript that has not seen the signal by then is in an endless loop.
SIGNAL_SECONDS = 0.5
# A cell that has seen it and goes on by then waits for something deaf.
DEAF_SECONDS = 2
# A cell that has broken the console cannot print its fence.
FENCE_SECONDS = 5
GATHER_SECONDS = 0.005
SHUTDOWN_SECONDS = 3


class Wrapper:
    """One kernel, from its start to its end.

    Deno's kernel remembers only the innermost name of whoever asked, so the
    wrapper asks in its own name and keeps who is to get which reply.
    """

    def __init__(self, connection, deno, process, inner, connection_file):
        self.deno = deno
        self.process = process
        self.connection_file = connection_file
        self.wire = Wire(connection["key"])
        self.context = zmq.asyncio.Context()
        self.front = self._front_sockets(connection)
        self.back = self._back_sockets(inner)
        self.queue = deque()  # requests on the shell channel that wait for their turn
        self.has_work = asyncio.Event()
        self.askers = {}  # by a request's id: who is to get its reply
        self.cells = {}  # by a request's id: the learner's running cell, and the wrapper's own requests
        self.running = None
        self.last_cell = None  # what comes out in the background belongs to it
        self.fences = {}  # by its text: the ways by which a fence is still to come
        self.saw_signal = asyncio.Event()
        self.signals_of_ours = 0
        self.question = None
        self.text = []
        self.text_of = None
        self.is_ending = False
        self.tasks = set()

    def _front_sockets(self, connection):
        kinds = {"shell": zmq.ROUTER, "control": zmq.ROUTER, "stdin": zmq.ROUTER, "iopub": zmq.PUB, "hb": zmq.REP}
        sockets = {name: self.context.socket(kind) for name, kind in kinds.items()}
        for name, each in sockets.items():
            each.set_hwm(0)
            each.linger = 300
            each.bind(address(connection, name))
        return sockets

    def _back_sockets(self, inner):
        name_of_asker = uuid4().hex.encode()  # one for all channels: stdin's questions go to who has asked on shell
        sockets = {}
        for name in ("shell", "control", "stdin", "iopub"):
            each = sockets[name] = self.context.socket(zmq.SUB if name == "iopub" else zmq.DEALER)
            each.set_hwm(0)
            each.linger = 0
            if name == "iopub":
                each.subscribe(b"")
            else:
                each.identity = name_of_asker
            each.connect(address(inner, name))
        return sockets

    async def run(self):
        """Serves Jupyter until Deno ends. Returns the exit code."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._on_signal)
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._end)
        for work in (
            self._receive(self.front["shell"], self._on_request),
            self._receive(self.front["control"], self._on_control),
            self._receive(self.front["stdin"], self._on_answer),
            self._receive(self.back["shell"], self._on_reply),
            self._receive(self.back["control"], self._pass_back_control),
            self._receive(self.back["stdin"], self._on_question),
            self._receive(self.back["iopub"], self._on_output),
            self._serve(),
            self._beat(),
            self._end_with_jupyter(),
        ):
            self._spawn(work)
        ended = loop.run_in_executor(None, self.process.wait)
        try:
            await asyncio.wait([ended, *self.tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in self.tasks:
                if task.done():
                    task.result()  # raises what has ended it
            await self._say_goodbye()
            return 0 if self.is_ending else 1
        finally:
            self._close()

    async def _say_goodbye(self):
        if self.running and not self.is_ending:
            how = self.process.returncode
            self._publish_text(f"Deno's kernel has ended by itself ({how}). Restart the kernel to go on.\n")
        self._flush()
        for name in ("control", "shell"):
            while await self.back[name].poll(10):  # the reply to a shutdown_request
                if message := self.wire.read(await self.back[name].recv_multipart()):
                    self._pass_back(name, message)

    def _close(self):
        if self.process.poll() is None:
            self.process.kill()
        self._forget_connection_file()
        for each in (*self.back.values(), *self.front.values()):
            each.close()
        self.context.term()
        # What a cell has started, and not detached, ends with the kernel.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)

    def _end(self):
        self.is_ending = True
        self.process.terminate()
        asyncio.get_running_loop().call_later(SHUTDOWN_SECONDS, self.process.kill)

    def _spawn(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(lambda done: done.cancelled() or done.exception() or self.tasks.discard(done))

    async def _receive(self, socket, handle):
        while True:
            if message := self.wire.read(await socket.recv_multipart()):
                handle(message)

    async def _beat(self):
        while True:
            await self.front["hb"].send(await self.front["hb"].recv())

    async def _end_with_jupyter(self):
        """As ipykernel does: a Jupyter that has died cannot end its kernels."""
        parent = os.getppid()
        while "JPY_PARENT_PID" not in os.environ or os.getppid() == parent:
            await asyncio.sleep(1)
        self._end()
        await asyncio.Event().wait()

    # --- Requests, one at a time ----------------------------------------------------------

    def _on_request(self, message):
        if message.type == "interrupt_request":  # VS Code sends it on this channel
            return self._on_interrupt("shell", message)
        message.is_dropped = False
        self.queue.append(message)
        self.has_work.set()

    async def _serve(self):
        await self._run_own(PRELUDE)
        self._forget_connection_file()
        while True:
            while not self.queue:
                self.has_work.clear()
                await self.has_work.wait()
            request = self.queue.popleft()
            if request.is_dropped:
                self._answer_dropped(request)
            elif request.type == "execute_request":
                await self._run_cell(request)
            else:
                self._ask("shell", request)

    async def _run_cell(self, request):
        cell = self.running = self.last_cell = self.cells[request.id] = Cell(request)
        self._ask("shell", request)
        reply, idle = await cell.reply, await cell.idle
        await self._pass_fence()
        self.running = None
        self._flush()
        for message in cell.last:
            self._send("iopub", message)
        if reply.content["status"] == "error":
            await self._reply_error(cell, reply.content)
        else:
            self._pass_back("shell", reply)
        self.askers.pop(cell.id, None)
        del self.cells[cell.id]
        self._flush()
        self._send("iopub", idle)

    async def _reply_error(self, cell, content):
        request = cell.request
        if not cell.has_error:
            content = {**content, **await self._explained(cell, content)}
            self._publish("error", {key: content[key] for key in ("ename", "evalue", "traceback")}, request)
        if request.content.get("stop_on_error", True):
            # The error is on the page already; only the reply, at which a page sends no more, waits.
            await self._until_requests_end()
            self._drop_queue()
        self._send("shell", self.wire.make("execute_reply", content, request.header, request.asker))

    async def _explained(self, cell, content):
        if cell.is_interrupted:
            name, text = "InterruptedError", "Stop was pressed"
        else:
            text = await why_it_failed(self.deno, cell.request.content["code"]) or content["evalue"]
            name, colon, rest = text.partition(": ")
            if not colon or not name.endswith("Error") or " " in name:
                name, rest = "Error", text
            text = rest
        return {"ename": name, "evalue": text, "traceback": f"{name}: {text}".split("\n")}

    async def _until_requests_end(self):
        loop = asyncio.get_running_loop()
        end, count = loop.time() + LONGEST_TRICKLE_SECONDS, -1
        while count != len(self.queue) and loop.time() < end:
            count = len(self.queue)
            await asyncio.sleep(QUIET_SECONDS)

    def _drop_queue(self):
        for request in self.queue:
            request.is_dropped |= request.type == "execute_request"

    def _answer_dropped(self, request):
        self._publish("status", {"execution_state": "busy"}, request)
        content = {"status": "aborted", "execution_count": None}
        self._send("shell", self.wire.make("execute_reply", content, request.header, request.asker))
        self._publish("status", {"execution_state": "idle"}, request)

    # --- Stop -------------------------------------------------------------------------------

    def _on_interrupt(self, channel, message):
        self._publish("status", {"execution_state": "busy"}, message)
        self._spawn(self._interrupt())
        self._send(channel, self.wire.make("interrupt_reply", {"status": "ok"}, message.header, message.asker))
        self._publish("status", {"execution_state": "idle"}, message)

    def _on_signal(self):
        if self.signals_of_ours > 0:
            self.signals_of_ours -= 1
        else:
            self._spawn(self._interrupt())

    async def _interrupt(self):
        self._drop_queue()
        cell = self.running
        if cell is None:
            return
        is_first = not cell.is_interrupted
        cell.is_interrupted = True
        self.saw_signal.clear()
        # To the group: a program that the cell has started and waits for gets it, too.
        self.signals_of_ours += 1
        os.killpg(0, signal.SIGINT)
        if self.question:  # prompt() lets nothing else run
            self._send_back("stdin", self.wire.make("input_reply", {"value": ""}, self.question.header))
            self.question = None
        try:
            await asyncio.wait_for(self.saw_signal.wait(), SIGNAL_SECONDS)
        except asyncio.TimeoutError:
            # An endless loop, which only V8 can end. A cell that waits would never end after this.
            if not cell.reply.done():
                self._send_back("control", self.wire.make("interrupt_request", {}))
        await asyncio.wait([cell.reply], timeout=DEAF_SECONDS)
        if is_first and not cell.reply.done():
            self._publish_text(DEAF, "stderr")

    # --- Through to Deno and back -----------------------------------------------------------

    def _ask(self, channel, message):
        self.askers[message.id] = message.asker
        self._send_back(channel, message)

    def _on_control(self, message):
        if message.type == "interrupt_request":
            return self._on_interrupt("control", message)
        if message.type == "shutdown_request":
            self.is_ending = True
            asyncio.get_running_loop().call_later(SHUTDOWN_SECONDS, self.process.kill)
        self._ask("control", message)

    def _on_answer(self, message):
        self.question = None
        self._send_back("stdin", message)

    def _on_question(self, message):
        self.question = message
        self._pass_back("stdin", message, keep_asker=True)

    def _on_reply(self, message):
        cell = self.cells.get(message.parent_id)
        if cell is None:
            self._pass_back("shell", message)
        else:
            resolve(cell.reply, message)

    def _pass_back_control(self, message):
        self._pass_back("control", message)

    def _pass_back(self, channel, message, keep_asker=False):
        asker = self.askers.get(message.parent_id)
        if not keep_asker:
            self.askers.pop(message.parent_id, None)
        if asker is not None:  # else it answers a request of the wrapper's own
            self.front[channel].send_multipart([*asker, *message.body])

    def _send(self, channel, message):
        self.front[channel].send_multipart(message.frames)

    def _send_back(self, channel, message):
        self.back[channel].send_multipart(message.body)

    async def _run_own(self, code):
        """Runs code of the wrapper's in Deno, where no page sees it, until Deno has replied."""
        options = {"silent": True, "store_history": False, "allow_stdin": False, "stop_on_error": False}
        request = self.wire.make("execute_request", {"code": code, "user_expressions": {}, **options})
        cell = self.cells[request.id] = Cell(request)
        self._send_back("shell", request)
        await cell.reply
        return cell

    # --- Output -----------------------------------------------------------------------------

    async def _pass_fence(self):
        """Waits until all that the cell has printed is out."""
        fence = f"fence {uuid4()}"
        ways = self.fences[fence] = {way: asyncio.Event() for way in ("stream", "message")}
        own = await self._run_own(FENCE % fence)
        if own.reply.result().content["status"] == "ok":
            every_way = asyncio.gather(own.idle, *(way.wait() for way in ways.values()))
            try:
                await asyncio.wait_for(every_way, FENCE_SECONDS)
            except asyncio.TimeoutError:
                pass
        del self.fences[fence]
        del self.cells[own.id]

    def _on_output(self, message):
        if message.type == "kernel-wrapper":
            return self._on_word(message.content["what"])
        cell = self.cells.get(message.parent_id)
        is_own = message.parent.get("session") == self.wire.session
        if is_own:
            self._on_own_output(cell, message)
        elif message.type == "stream":
            self._gather(message.content, message.parent)
        elif cell and message.type == "status" and message.content["execution_state"] == "idle":
            resolve(cell.idle, message)
        elif cell and message.type in ("execute_result", "error"):
            cell.last.append(message)
        else:
            self._flush()
            self._send("iopub", message)

    def _on_word(self, what):
        if what == "SIGINT":
            self.saw_signal.set()
        elif what in self.fences:
            self.fences[what]["message"].set()

    def _on_own_output(self, cell, message):
        """What Deno takes for a fence's or the prelude's output was printed by the last cell, in the background."""
        content = message.content
        if message.type == "status":
            if cell and content["execution_state"] == "idle":
                resolve(cell.idle, message)
        elif message.type == "stream":
            for fence, ways in self.fences.items():
                if fence in content["text"]:
                    content["text"] = content["text"].replace(f"{fence}\n", "")
                    ways["stream"].set()
            if content["text"] and self.last_cell:
                self._gather(content, self.last_cell.request.header)
        elif message.type != "execute_input" and self.last_cell:
            self._publish(message.type, content, self.last_cell.request)

    def _gather(self, content, parent):
        """Makes a few messages of a thousand lines."""
        text_of = (content["name"], parent["msg_id"])
        if self.text and text_of != self.text_of[0]:
            self._flush()
        if not self.text:
            self.text_of = (text_of, parent)
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._flush)
        self.text.append(content["text"])

    def _flush(self):
        if not self.text:
            return
        text, self.text = "".join(self.text), []
        (name, _), parent = self.text_of
        self._send("iopub", self.wire.make("stream", {"name": name, "text": text}, parent, [b"stream"]))

    def _publish(self, kind, content, request):
        self._flush()
        self._send("iopub", self.wire.make(kind, content, request.header, [kind.encode()]))

    def _publish_text(self, text, name="stderr"):
        self._publish("stream", {"name": name, "text": text}, self.last_cell.request)

    def _forget_connection_file(self):
        if os.path.exists(self.connection_file):
            os.unlink(self.connection_file)

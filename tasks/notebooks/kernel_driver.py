"""Drives one Jupyter kernel for tasks/notebooks/kernel_session.ts.

Reads one JSON command a line from standard input and writes one JSON event a
line to standard output:

    {"do": "start", "kernelspecs": PATH, "cwd": PATH}  -> {"event": "started", "pid": N}
    {"do": "execute", "code": TEXT, "timeoutSeconds": N} -> {"event": "executed", "status": ...}
    {"do": "outputs"}   -> {"event": "outputs", "cells": [[output, ...], ...]}
    {"do": "restart"}   -> {"event": "started", "pid": N}
    {"do": "interrupt"} -> no event: the running cell reports how it ended

The kernel ends with this process: when standard input closes, on SIGINT,
SIGTERM or SIGHUP, after a cell's time is over.
"""

import asyncio
import json
import logging
import os
import signal
import sys
import tempfile
from queue import Empty
from time import monotonic

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, CellTimeoutError, DeadKernelError

# What goes on in the background of the last cell may still say something, until it is silent for so long.
QUIET_SECONDS = 0.2
LONGEST_LINE_BYTES = 64 * 1024 * 1024
START_ATTEMPTS = 3


class ThoroughNotebookClient(NotebookClient):
    """A NotebookClient that loses no output and hides no failure.

    The kernel says "idle" when the cell's last line is out (tasks/kernel). What
    its background prints later belongs to it, too, and comes in while later
    cells run.
    """

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.cells_by_request = {}
        self.reply = None

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        self.cells_by_request[parent_msg_id] = (cell, cell_index)
        while await self._read_message() != parent_msg_id:
            pass

    async def read_until_quiet(self):
        try:
            while True:
                await self._read_message(QUIET_SECONDS)
        except Empty:
            pass

    async def _read_message(self, timeout=None):
        """Gives a message to its cell; returns the request that it says has ended, if any."""
        message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=timeout))
        request = message["parent_header"].get("msg_id")
        if request not in self.cells_by_request:
            return None
        try:
            self.process_message(message, *self.cells_by_request[request])
            return None
        except CellExecutionComplete:
            return request

    async def _check_raise_for_error(self, cell, cell_index, exec_reply):
        # The caller judges the reply: here only "error" would count, and only
        # if the cell has no tag that forgives it.
        self.reply = exec_reply["content"]


class Kernel:
    def __init__(self, kernelspecs, cwd):
        self.cwd = cwd
        self.specs = KernelSpecManager(kernel_dirs=[kernelspecs], ensure_native_kernel=False)
        self.manager = None
        self.is_ending = False
        self.log = tempfile.TemporaryFile()
        self.client = ThoroughNotebookClient(
            nbformat.v4.new_notebook(),
            record_timing=False,
            iopub_timeout=30,
            raise_on_iopub_timeout=True,
        )

    async def start(self):
        for attempt in range(1, START_ATTEMPTS + 1):
            self.manager = AsyncKernelManager(kernel_name="deno", kernel_spec_manager=self.specs)
            # A kernel's own standard output would mix with our events.
            await self.manager.start_kernel(
                cwd=self.cwd,
                env={**os.environ, "NO_COLOR": "1"},
                stdin=None,
                stdout=self.log,
                stderr=self.log,
            )
            kernel_client = self.manager.client()
            kernel_client.start_channels()
            try:
                await kernel_client.wait_for_ready(timeout=60)
            except RuntimeError:
                # Its ports are free only when chosen: another process may have
                # taken one before the kernel opened it.
                kernel_client.stop_channels()
                await self.end()
                if attempt == START_ATTEMPTS:
                    raise
                continue
            kernel_client.allow_stdin = False
            self.client.km = self.manager
            self.client.kc = kernel_client
            return self.manager.provisioner.pid

    async def end(self):
        if self.manager is None:
            return
        if self.client.kc is not None:
            self.client.kc.stop_channels()
            self.client.kc = None
        # This kills the kernel's process group: with it end the tools that a
        # cell has started, also those of a kernel that has died.
        await self.manager.shutdown_kernel(now=True)
        self.manager = None

    async def execute(self, code, timeout_seconds):
        cells = self.client.nb.cells
        cells.append(nbformat.v4.new_code_cell(code))
        index = len(cells) - 1
        self.client.timeout = timeout_seconds
        self.client.reply = None
        started = monotonic()
        result = {"event": "executed"}
        try:
            await self.client.async_execute_cell(cells[index], index)
            reply = self.client.reply
            result["status"] = reply["status"]
            if reply["status"] != "ok":
                result["name"] = reply.get("ename", "")
                result["message"] = reply.get("evalue", "")
                result["traceback"] = reply.get("traceback", [])
        except CellTimeoutError:
            result["status"] = "timeout"
            await self.end()
        except DeadKernelError:
            if self.is_ending:
                # nbclient takes being cancelled for the kernel's death.
                raise asyncio.CancelledError from None
            result["status"] = "died"
            result["log"] = self.log_tail()
            await self.end()
        result["seconds"] = monotonic() - started
        result["outputs"] = cells[index].outputs
        return result

    async def outputs(self):
        if self.client.kc is not None:
            await self.client.read_until_quiet()
        return [cell.outputs for cell in self.client.nb.cells]

    def log_tail(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-4000:]


def report(event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


async def obey(commands):
    kernel = None
    try:
        while (command := await commands.get()) is not None:
            match command["do"]:
                case "start":
                    kernel = Kernel(command["kernelspecs"], command["cwd"])
                    commands.kernel = kernel
                    report({"event": "started", "pid": await kernel.start()})
                case "restart":
                    await kernel.end()
                    report({"event": "started", "pid": await kernel.start()})
                case "execute":
                    report(await kernel.execute(command["code"], command["timeoutSeconds"]))
                case "outputs":
                    report({"event": "outputs", "cells": await kernel.outputs()})
    finally:
        if kernel is not None:
            await kernel.end()


async def read_commands(commands):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        if command["do"] == "interrupt":
            await commands.kernel.manager.interrupt_kernel()
        else:
            await commands.put(command)


async def main():
    logging.disable(logging.ERROR)
    commands = asyncio.Queue()
    commands.kernel = None
    reading = asyncio.create_task(read_commands(commands))
    obeying = asyncio.create_task(obey(commands))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, reading.cancel)
    await asyncio.wait([reading, obeying], return_when=asyncio.FIRST_COMPLETED)
    if commands.kernel is not None:
        commands.kernel.is_ending = True
    for task in (obeying, reading):
        task.cancel()
    for result in await asyncio.gather(obeying, reading, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


asyncio.run(main())

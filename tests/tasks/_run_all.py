"""Runs cells as a page's Run All does, all requests at once, and reports what became of each.

Reads one JSON object from standard input, {"kernelspecs", "cells", "stopAt"?, "kill"?}, and prints one:
{"cells": [{"status", "name", "message", "outputs": [[type, text], ...]}, ...], "late", "isAlive", "again"}.
stopAt: the text at which the interrupt is sent. kill: {"at": text, "whom": "kernel" | "deno"}.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from queue import Empty

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager

LONGEST_SECONDS = 60
QUIET_SECONDS = 1


def children(pid):
    listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [int(each) for each in listing.split()]


async def main():
    order = json.load(sys.stdin)
    specs = KernelSpecManager(kernel_dirs=[order["kernelspecs"]], ensure_native_kernel=False)
    manager = AsyncKernelManager(kernel_name="deno", kernel_spec_manager=specs)
    await manager.start_kernel(env={**os.environ, "NO_COLOR": "1"}, stderr=subprocess.DEVNULL)
    pid = manager.provisioner.pid
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        result = await run_all(manager, client, order, pid)
        result["isAlive"] = await manager.is_alive()
        if result["isAlive"]:
            again = await run_all(manager, client, {"cells": ["6 * 7"]}, pid)
            result["again"] = again["cells"][0]
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    json.dump(result, sys.stdout)


async def run_all(manager, client, order, pid):
    ids = [client.execute(code) for code in order["cells"]]
    outputs = {each: [] for each in ids}
    idle, late = set(), 0
    stop_at, kill = order.get("stopAt"), order.get("kill")
    end = asyncio.get_running_loop().time() + LONGEST_SECONDS
    while (left := end - asyncio.get_running_loop().time()) > 0:
        try:
            message = await client.get_iopub_msg(timeout=QUIET_SECONDS if len(idle) == len(ids) else min(left, 5))
        except Empty:
            if len(idle) == len(ids) or not await manager.is_alive():
                break
            continue
        cell, kind, content = message["parent_header"].get("msg_id"), message["msg_type"], message["content"]
        if cell not in outputs:
            continue
        if kind == "status":
            if content["execution_state"] == "idle":
                idle.add(cell)
        elif kind != "execute_input":
            late += cell in idle
            outputs[cell].append([kind, text_of(kind, content)])
        said = "".join(text for each in outputs.values() for _, text in each)
        if stop_at and stop_at in said:
            stop_at = None
            await manager.interrupt_kernel()
        if kill and kill["at"] in said:
            whom = pid if kill["whom"] == "kernel" else children(pid)[0]
            kill = None
            os.kill(whom, signal.SIGKILL)
    replies = {}
    end = asyncio.get_running_loop().time() + LONGEST_SECONDS
    while len(replies) < len(ids) and asyncio.get_running_loop().time() < end:
        try:
            reply = await client.get_shell_msg(timeout=QUIET_SECONDS)
        except Empty:
            # A kernel that is dead replies no more; on a busy machine a living one may be late.
            if not await manager.is_alive():
                break
            continue
        # wait_for_ready() may have asked several times, and leaves the replies that came after the first.
        if (cell := reply["parent_header"].get("msg_id")) in outputs:
            replies[cell] = reply["content"]
    cells = [
        {
            "status": replies.get(each, {}).get("status", "none"),
            "name": replies.get(each, {}).get("ename", ""),
            "message": replies.get(each, {}).get("evalue", ""),
            "outputs": outputs[each],
        }
        for each in ids
    ]
    return {"cells": cells, "late": late}


def text_of(kind, content):
    if kind == "stream":
        return content["text"]
    if kind == "error":
        return f"{content['ename']}: {content['evalue']}"
    return content.get("data", {}).get("text/plain", "")


asyncio.run(main())

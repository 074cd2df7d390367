"""Deno's own kernel as a process of the wrapper."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile

CHANNELS = ["shell", "iopub", "stdin", "control", "hb"]

# Linux lets Deno listen on a port that is bound here, both with SO_REUSEADDR, and gives it to no
# connection of another process meanwhile, of which Deno's kernel would die at its start.
HOLDS_PORTS = sys.platform == "linux"
held = []


def start_deno(deno, key):
    """Starts Deno's kernel on ports of its own, with the same key, so that messages pass as they are.

    Returns the process, its connection, and the connection's file, to be
    removed once Deno has read it: it holds the key.
    """
    sockets = [socket.socket() for _ in CHANNELS]
    for each in sockets:
        if HOLDS_PORTS:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.bind(("127.0.0.1", 0))
    connection = {
        "transport": "tcp",
        "ip": "127.0.0.1",
        "key": key,
        "signature_scheme": "hmac-sha256",
        "kernel_name": "deno",
        **{f"{name}_port": each.getsockname()[1] for name, each in zip(CHANNELS, sockets)},
    }
    handle, path = tempfile.mkstemp(suffix=".json", prefix="deno-kernel-")
    with os.fdopen(handle, "w") as file:
        json.dump(connection, file)
    if HOLDS_PORTS:
        held.extend(sockets)
    else:
        for each in sockets:
            each.close()
    # It stays in this process group: whatever ends the group ends Deno and the programs of a cell.
    process = subprocess.Popen(
        [deno, "jupyter", "--kernel", "--conn", path],
        stdin=subprocess.DEVNULL,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )
    return process, connection, path


def _end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG; elsewhere the prelude watches


def address(connection, channel):
    """Where a channel of a connection is, for ZeroMQ."""
    separator = ":" if connection["transport"] == "tcp" else "-"
    return f"{connection['transport']}://{connection['ip']}{separator}{connection[f'{channel}_port']}"

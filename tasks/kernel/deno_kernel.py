"""A Jupyter kernel around Deno's: Run All ends at an error, Stop stops, every line lies under its cell.

    python deno_kernel.py CONNECTION_FILE DENO

Jupyter sends all cells of a Run All at once, and expects the kernel to drop
the rest after an error or a Stop. Deno's kernel runs on, says "idle" before
its last lines are out, and dies of the signal with which Stop is sent. This
program hands it one cell at a time and passes everything else on as it is.
"""

import json
import os
import signal
import sys

from deno_process import start_deno

if __name__ == "__main__":
    # Jupyter gives a kernel a process group of its own; VS Code does not.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    with open(sys.argv[1]) as file:
        connection = json.load(file)
    # First of all: Deno starts while Python imports the rest.
    deno = start_deno(sys.argv[2], connection["key"])

    import asyncio

    from wrapper import Wrapper

    # Not sys.exit(): nothing of an ended kernel is worth waiting for.
    os._exit(asyncio.run(Wrapper(connection, sys.argv[2], *deno).run()))

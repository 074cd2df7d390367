"""Why Deno's kernel answers only "Execution failed": the code does not parse, or a package is missing."""

import asyncio
import os
import re
import tempfile

SECONDS = 20
DYNAMIC_IMPORT = re.compile(r"""\bimport\s*\(\s*("[^"\n]+"|'[^'\n]+')""")


async def why_it_failed(deno, code):
    """Has Deno read the code as a module, without running it; returns what it finds wrong, or "".

    deno: the program. code: the cell's text.
    """
    # Beside the notebook, as its imports are relative to it.
    try:
        handle, path = tempfile.mkstemp(suffix=".ts", prefix=".cell-", dir=".")
    except OSError:
        return ""
    try:
        with os.fdopen(handle, "w", encoding="utf8", errors="surrogateescape") as file:
            file.write(code)
            # It reads only what a static import names.
            file.writelines(f"\nimport {name};" for name in DYNAMIC_IMPORT.findall(code))
        process = await asyncio.create_subprocess_exec(
            deno, "cache", "--quiet", path,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
        try:
            _, output = await asyncio.wait_for(process.communicate(), SECONDS)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            return ""
    except OSError:
        return ""
    finally:
        os.unlink(path)
    text = output.decode(errors="replace").split("\nStack backtrace:")[0].strip().removeprefix("error: ")
    return "\n".join(line for line in text.split("\n") if os.path.basename(path) not in line)

/**
 * How long it takes from asking JupyterLab for a Deno kernel until the kernel
 * has replied to its first cell, in seconds. The kernel is ended afterwards.
 *
 * @param url JupyterLab's address, with its token.
 * @throws {Error} If there is no kernel, or it does not run the cell.
 */
export async function secondsUntilReply(
  url: string,
  signal: AbortSignal,
): Promise<number> {
  const { origin, host, searchParams } = new URL(url);
  const token = searchParams.get("token");
  const headers = {
    authorization: `token ${token}`,
    "content-type": "application/json",
  };
  const began = performance.now();
  const response = await fetch(`${origin}/api/kernels`, {
    ...{ method: "POST", headers, signal },
    body: JSON.stringify({ name: "deno" }),
  });
  const kernel = await response.json();
  if (!response.ok) {
    throw new Error(`Cannot start a Deno kernel: ${kernel.message}`);
  }
  try {
    await runCell(
      `ws://${host}/api/kernels/${kernel.id}/channels?token=${token}`,
      signal,
    );
    return (performance.now() - began) / 1_000;
  } finally {
    const ended = await fetch(`${origin}/api/kernels/${kernel.id}`, {
      ...{ method: "DELETE", headers },
    });
    await ended.body?.cancel();
  }
}

/** Sends one cell by Jupyter's protocol, and waits for the kernel's reply. */
async function runCell(url: string, signal: AbortSignal): Promise<void> {
  const socket = new WebSocket(url);
  try {
    const status = await new Promise<string>((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`Cannot run a cell in a Deno kernel: ${why}`));
      signal.addEventListener("abort", () => reject(signal.reason), {
        once: true,
      });
      socket.onerror = () => fail("the connection failed");
      socket.onclose = () => fail("the connection was closed");
      socket.onopen = () =>
        socket.send(JSON.stringify(executeRequest("1 + 1")));
      socket.onmessage = ({ data }) => {
        const { header, content } = JSON.parse(data);
        if (header.msg_type === "execute_reply") resolve(content.status);
      };
    });
    if (status !== "ok") {
      throw new Error(`Cannot run a cell in a Deno kernel: it says ${status}`);
    }
  } finally {
    socket.onclose = null;
    socket.onerror = null;
    socket.close();
  }
}

function executeRequest(code: string) {
  return {
    channel: "shell",
    header: {
      msg_id: crypto.randomUUID(),
      msg_type: "execute_request",
      session: crypto.randomUUID(),
      username: "",
      date: new Date().toISOString(),
      version: "5.3",
    },
    parent_header: {},
    metadata: {},
    content: {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    },
    buffers: [],
  };
}

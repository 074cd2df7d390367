// Runs in Deno's kernel before a notebook's first cell.
{
  const { log, error } = console;
  const { broadcast } = Deno.jupyter;
  const wrapper = Deno.ppid;
  const tell = (what: string) =>
    broadcast("kernel-wrapper", { what }) as Promise<void>;

  // Comes out behind all that was printed before: lines and other messages take different ways.
  Object.defineProperty(globalThis, Symbol.for("kernel-wrapper.fence"), {
    value: async (fence: string) => {
      log(fence);
      await tell(fence);
    },
  });

  // A listener keeps SIGINT from ending the kernel, and this one shows that JavaScript still listens.
  Deno.addSignalListener("SIGINT", () => void tell("SIGINT"));

  // An error in a timer would block the kernel. Where lib has been imported, it shows these errors.
  const show = (event: Event, what: unknown) => {
    event.preventDefault();
    if (Symbol.for("kafka-notebooks.kernel-setup") in globalThis) return;
    error("An error happened that no cell awaited:", what);
  };
  addEventListener("error", (event) => show(event, event.error));
  addEventListener("unhandledrejection", (event) => show(event, event.reason));

  // Where the system does not end Deno with the wrapper, it ends itself.
  const watch = setInterval(() => {
    if (Deno.ppid !== wrapper) Deno.exit();
  }, 500);
  Deno.unrefTimer(watch);
}

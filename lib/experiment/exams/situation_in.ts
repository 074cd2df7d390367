/**
 * Makes situations of an exam that each have a room of their own, which is
 * cleared whatever becomes of them.
 *
 * @param open Opens a room.
 * @returns A function that makes a situation of what happens in the room, and of where it is taught.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * let cleared = false;
 * const room = () => ({ [Symbol.asyncDispose]: async () => void (cleared = true) });
 * const situation = situationIn(room);
 * assertEquals(await situation(() => Promise.resolve(3), "notebook 14").run(), 3);
 * assertEquals(cleared, true);
 * ```
 */
export function situationIn<Room extends AsyncDisposable>(
  open: () => Room,
): <Answer>(
  run: (room: Room) => Promise<Answer>,
  taught: string,
) => { run: () => Promise<Answer>; taught: string } {
  return (run, taught) => ({
    taught,
    async run() {
      await using room = open();
      return await run(room);
    },
  });
}

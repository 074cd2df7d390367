/** Whether two values are deeply equal by the rules of `@std/assert`. */
export function equal(
  left: unknown,
  right: unknown,
  pairsInProgress: Map<unknown, unknown> = new Map(),
): boolean {
  if (left === right || Object.is(left, right)) return true;
  if (!isObject(left) || !isObject(right)) return false;
  if (!samePrototype(left, right)) return false;
  if (left instanceof Date) {
    return Object.is(left.getTime(), (right as Date).getTime());
  }
  if (left instanceof RegExp || left instanceof URL) {
    return String(left) === String(right);
  }
  if (left instanceof ArrayBuffer) {
    return equal(new Uint8Array(left), new Uint8Array(right as ArrayBuffer));
  }
  if (isBytesOrNumbers(left)) {
    const other = right as typeof left;
    return left.length === other.length &&
      Array.from(left).every((value, index) => equal(value, other[index]));
  }
  // A cycle: this pair is being compared further up.
  if (pairsInProgress.get(left) === right) return true;
  pairsInProgress.set(left, right);
  const same = (a: unknown, b: unknown) => equal(a, b, pairsInProgress);

  if (left instanceof Map) {
    return sameEntries(left, right as Map<unknown, unknown>, same);
  }
  if (left instanceof Set) {
    return sameEntries(
      new Map(left.entries()),
      new Map((right as Set<unknown>).entries()),
      same,
    );
  }
  return sameProperties(left, right, same);
}

type Same = (left: unknown, right: unknown) => boolean;

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isBytesOrNumbers(value: object): value is Uint8Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function samePrototype(left: object, right: object): boolean {
  const plain = (value: object) =>
    Object.getPrototypeOf(value) ?? Object.prototype;
  return plain(left) === plain(right);
}

function sameEntries(
  left: Map<unknown, unknown>,
  right: Map<unknown, unknown>,
  same: Same,
): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([key, value]) =>
    isObject(key)
      ? [...right].some(([otherKey, other]) =>
        same(key, otherKey) && same(value, other)
      )
      : right.has(key) && same(value, right.get(key))
  );
}

function sameProperties(left: object, right: object, same: Same): boolean {
  if (Object.keys(left).length !== Object.keys(right).length) return false;
  const names = new Set([...propertyNames(left), ...propertyNames(right)]);
  return [...names].every((name) =>
    name in left && name in right &&
    same(Reflect.get(left, name), Reflect.get(right, name))
  );
}

/** Own names, and for an instance of a class those of its prototypes: a getter is compared, too. */
function propertyNames(value: object): Set<string | symbol> {
  const names = new Set(Reflect.ownKeys(value));
  let prototype = Object.getPrototypeOf(value);
  while (
    prototype && prototype !== Object.prototype && prototype !== Array.prototype
  ) {
    for (const name of Reflect.ownKeys(prototype)) names.add(name);
    prototype = Object.getPrototypeOf(prototype);
  }
  return names;
}

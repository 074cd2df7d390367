const STATES = ["placed", "paid", "packed", "shipped", "delivered"];
const CITIES = ["Aachen", "Bergen", "Cádiz", "Dublin", "Espoo", "Florence"];

/** Events of a shop as JSON, one a line, the same each time: as many whole ones as fit into some bytes. */
export function jsonEvents(bytes: number): string {
  const random = randomNumbers();
  let text = "";
  let size = 0;
  for (let i = 0;; i++) {
    const line = `${JSON.stringify(eventOf(i, random))}\n`;
    size += new TextEncoder().encode(line).length;
    if (size > bytes) return text;
    text += line;
  }
}

function eventOf(number: number, random: (below: number) => number) {
  return {
    eventId: `${random(2 ** 31).toString(16)}-${random(2 ** 31).toString(16)}`,
    orderId: `order-${random(5_000)}`,
    state: STATES[random(STATES.length)],
    customer: { id: random(100_000), city: CITIES[random(CITIES.length)] },
    total: { amount: random(50_000) / 100, currency: "EUR" },
    at: new Date(Date.UTC(2026, 0, 1) + number * 137).toISOString(),
  };
}

/** Lehmer's: good enough for texts, and the same on every machine. */
function randomNumbers(): (below: number) => number {
  let state = 20_261_121;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

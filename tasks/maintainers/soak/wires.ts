import {
  type FaultRule,
  type SocketFaults,
  socketFaults,
} from "lib/faults/socket_faults.ts";
import {
  type TcpFaultProxy,
  tcpFaultProxy,
} from "lib/faults/tcp_fault_proxy.ts";
import { disturbWire } from "lib/experiment/follow_plan.ts";
import type { WireName, WireStep } from "lib/experiment/fault_plan.ts";

/** The connections that can be made faulty. */
export interface Wires extends AsyncDisposable {
  /** Of clients of this process. */
  producer: SocketFaults;
  /** Where other processes find the brokers through a proxy. */
  addressesOf(wire: Exclude<WireName, "producer">): string[];
  /** Makes a fault. */
  disturb(step: WireStep): void;
  /** Ends all faults. */
  clear(): void;
}

/** Puts a proxy before each broker for the clients in other processes. */
export function openWires(brokers: string[]): Wires {
  const wires: Record<WireName, SocketFaults> = {
    producer: socketFaults(),
    consumers: socketFaults(),
    transactions: socketFaults(),
  };
  const open = (wire: SocketFaults) =>
    brokers.map((broker) => tcpFaultProxy(broker, wire));
  const proxies: Record<string, TcpFaultProxy[]> = {
    consumers: open(wires.consumers),
    transactions: open(wires.transactions),
  };
  let rules: { rule: FaultRule; times: number }[] = [];
  return {
    producer: wires.producer,
    addressesOf: (wire) => proxies[wire]!.map(({ address }) => address),
    disturb(step) {
      // Each request is compared with every rule, so those that are used up must go.
      for (const { rule, times } of rules) {
        if (rule.hits >= times) rule.remove();
      }
      rules = rules.filter(({ rule, times }) => rule.hits < times);
      const rule = disturbWire(wires[step.wire], step);
      rules.push({ rule, times: step.times });
    },
    clear() {
      for (const wire of Object.values(wires)) wire.clear();
    },
    async [Symbol.asyncDispose]() {
      const all = Object.values(proxies).flat();
      await Promise.all(all.map((proxy) => proxy.close()));
    },
  };
}

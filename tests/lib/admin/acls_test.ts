import { assertEquals, assertRejects } from "@std/assert";
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Kafka,
  ResourcePatternTypes,
} from "kafkajs";
import { createAcls, deleteAcls } from "lib/admin/acls.ts";
import { DeadlineError } from "lib/client/deadline.ts";

const RULE = {
  ...{ principal: "User:alice", host: "*", resourceName: "orders" },
  resourceType: AclResourceTypes.TOPIC,
  resourcePatternType: ResourcePatternTypes.LITERAL,
  operation: AclOperationTypes.WRITE,
  permissionType: AclPermissionTypes.ALLOW,
};

/** A cluster whose broker learns what was asked for only when it has been asked so many times. */
function slowCluster(after: number) {
  let asked = 0;
  let changed: "created" | "deleted" | undefined;
  const admin = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    createAcls: () => Promise.resolve(changed = "created"),
    deleteAcls: () => Promise.resolve(changed = "deleted"),
    describeAcls() {
      const isLate = ++asked <= after;
      const isThere = (changed === "created") !== isLate;
      return Promise.resolve({ resources: isThere ? [{}] : [] });
    },
  };
  return {
    kafka: { admin: () => admin } as unknown as Kafka,
    asked: () => asked,
  };
}

Deno.test("createAcls() and deleteAcls() wait until the broker goes by the rules", async () => {
  for (const change of [createAcls, deleteAcls]) {
    const { kafka, asked } = slowCluster(3);
    await change(kafka, [RULE]);
    assertEquals(asked(), 4);
  }
});

Deno.test("createAcls() and deleteAcls() give up, and say what they waited for", async () => {
  for (
    const [change, verb] of [[createAcls, "know"], [
      deleteAcls,
      "forget",
    ]] as const
  ) {
    await assertRejects(
      () => change(slowCluster(1_000).kafka, [RULE], { deadlineMs: 300 }),
      DeadlineError,
      `the broker to ${verb} a rule on orders`,
    );
  }
});

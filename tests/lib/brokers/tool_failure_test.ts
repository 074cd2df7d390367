import { assertEquals, assertStringIncludes } from "@std/assert";
import { toolFailure } from "lib/brokers/tool_failure.ts";

/** What Kafka 4.3.1's tools print; the code is 0 each time, unless it says otherwise. */
const PRINTED: {
  what: string;
  tool: string;
  args?: string[];
  stdout?: string;
  stderr?: string;
  /** The end of the error's message; none if it is not a failure. */
  fails?: string;
}[] = [
  {
    what: "a console producer without a broker",
    tool: "kafka-console-producer",
    stderr:
      `[2026-11-26 08:15:55,828] WARN [Producer clientId=console-producer] Connection to node -1 (localhost/127.0.0.1:1) could not be established. Node may not be available. (org.apache.kafka.clients.NetworkClient)
[2026-11-26 08:15:55,828] WARN [Producer clientId=console-producer] Bootstrap broker localhost:1 (id: -1 rack: null isFenced: false) disconnected (org.apache.kafka.clients.NetworkClient)
[2026-11-26 08:15:55,865] ERROR Error when sending message to topic x with key: null, value: 1 bytes with error: (org.apache.kafka.clients.producer.internals.ErrorLoggingCallback)
org.apache.kafka.common.errors.TimeoutException: Topic x not present in metadata after 2000 ms.
`,
    fails:
      "it did not write 1 of its records: Connection to node -1 (localhost/127.0.0.1:1) could not be established. Node may not be available.",
  },
  {
    what: "a console producer that the broker does not trust",
    tool: "kafka-console-producer",
    stderr:
      `[2026-11-26 08:15:55,828] ERROR [Producer clientId=console-producer] Connection to node -1 (localhost/127.0.0.1:9093) failed authentication due to: SSL handshake failed (org.apache.kafka.clients.NetworkClient)
[2026-11-26 08:15:55,865] ERROR Error when sending message to topic x with key: null, value: 1 bytes with error: (org.apache.kafka.clients.producer.internals.ErrorLoggingCallback)
org.apache.kafka.common.errors.SslAuthenticationException: SSL handshake failed
	at a.B.c(B.java:1)
Caused by: javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path to requested target
	at a.B.c(B.java:1)
[2026-11-26 08:15:55,866] ERROR Error when sending message to topic x with key: null, value: 1 bytes with error: (org.apache.kafka.clients.producer.internals.ErrorLoggingCallback)
org.apache.kafka.common.errors.SslAuthenticationException: SSL handshake failed
`,
    fails: "it did not write 2 of its records: ",
  },
  { what: "a console producer that has written", tool: "console-producer" },
  {
    what: "a console producer that warns, and writes at last",
    tool: "console-producer",
    stderr:
      "[2026-11-26 08:15:55,828] WARN [Producer clientId=console-producer] The metadata response from the cluster reported a recoverable issue with correlation id 1 : {x=LEADER_NOT_AVAILABLE} (org.apache.kafka.clients.NetworkClient)\n",
  },
  {
    what: "a verifiable producer without its topic",
    tool: "kafka-verifiable-producer",
    stdout: `{"timestamp":1795680969688,"name":"startup_complete"}
{"timestamp":1795680971879,"name":"producer_send_error","topic":"y","key":null,"value":"0","exception":"class org.apache.kafka.common.errors.TimeoutException","message":"Topic y not present in metadata after 2000 ms."}
{"timestamp":1795680971946,"name":"tool_data","sent":1,"acked":0,"target_throughput":-1,"avg_throughput":0.0}
`,
    fails:
      "it did not write 1 of its records: Topic y not present in metadata after 2000 ms.",
  },
  {
    what: "a measuring producer without its topic",
    tool: "kafka-producer-perf-test",
    args: ["--num-records", "2", "--topic", "y"],
    stdout:
      "0 records sent, 0.000000 records/sec (0.00 MB/sec), NaN ms avg latency, 0.00 ms max latency, 0 ms 50th, 0 ms 95th, 0 ms 99th, 0 ms 99.9th.\n",
    stderr:
      `org.apache.kafka.common.errors.TimeoutException: Topic y not present in metadata after 2000 ms.
Caused by: org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition.
`,
    fails:
      "it wrote 0 of 2 records: This server does not host this topic-partition.",
  },
  {
    what: "a measuring producer that has written all",
    tool: "producer-perf-test",
    args: ["--num-records=100000"],
    stdout:
      "62411 records sent, 12482.2 records/sec (1.19 MB/sec), 1.0 ms avg latency, 9.0 ms max latency.\n100000 records sent, 15000.000000 records/sec (1.43 MB/sec), 1.00 ms avg latency, 9.00 ms max latency, 1 ms 50th, 2 ms 95th, 3 ms 99th, 4 ms 99.9th.\n",
  },
  {
    what: "a measuring consumer that gave up",
    tool: "kafka-consumer-perf-test",
    stdout:
      `start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec
WARNING: Exiting before consuming the expected number of records: timeout (3000 ms) exceeded. You can use the --timeout option to increase the timeout.
2026-11-26 08:11:54:895, 2026-11-26 08:11:58:016, 0.0000, 0.0000, 0, 0.0000, 2588, 533, 0.0000, 0.0000
`,
    stderr:
      "[2026-11-26 08:11:56,963] WARN [Consumer clientId=perf-consumer-client, groupId=g] The metadata response from the cluster reported a recoverable issue with correlation id 2 : {y=UNKNOWN_TOPIC_OR_PARTITION} (org.apache.kafka.clients.NetworkClient)\n",
    fails: "{y=UNKNOWN_TOPIC_OR_PARTITION}",
  },
  {
    what: "a console consumer without a broker",
    tool: "kafka-console-consumer",
    stderr:
      `[2026-11-26 08:16:19,109] WARN [Consumer clientId=console-consumer, groupId=g] Connection to node -1 (localhost/127.0.0.1:1) could not be established. Node may not be available. (org.apache.kafka.clients.NetworkClient)
[2026-11-26 08:16:19,133] ERROR Error processing message, terminating consumer process:  (org.apache.kafka.tools.consumer.ConsoleConsumer)
org.apache.kafka.common.errors.TimeoutException
Processed a total of 0 messages
`,
    fails:
      "it read nothing: Connection to node -1 (localhost/127.0.0.1:1) could not be established. Node may not be available.",
  },
  {
    what: "a console consumer at the end of an empty topic",
    tool: "kafka-console-consumer",
    stderr:
      `[2026-11-26 08:16:19,133] ERROR Error processing message, terminating consumer process:  (org.apache.kafka.tools.consumer.ConsoleConsumer)
org.apache.kafka.common.errors.TimeoutException
Processed a total of 0 messages
`,
  },
  {
    what: "a console consumer that read what there was, after a broker's end",
    tool: "console-consumer",
    stdout: "Error: this is a record\n",
    stderr:
      `[2026-11-26 08:16:19,109] WARN [Consumer clientId=console-consumer, groupId=g] Connection to node 2 (localhost/127.0.0.1:1) could not be established. Node may not be available. (org.apache.kafka.clients.NetworkClient)
[2026-11-26 08:16:19,133] ERROR Error processing message, terminating consumer process:  (org.apache.kafka.tools.consumer.ConsoleConsumer)
org.apache.kafka.common.errors.TimeoutException
Processed a total of 3 messages
`,
  },
  {
    what: "a console consumer without the right to its group",
    tool: "console-share-consumer",
    stderr:
      `[2026-11-26 08:16:19,133] ERROR Error processing message, terminating consumer process:  (org.apache.kafka.tools.consumer.ConsoleShareConsumer)
org.apache.kafka.common.errors.GroupAuthorizationException: Not authorized to access group: g
Processed a total of 0 messages
`,
    fails: "it ended early: Not authorized to access group: g",
  },
  {
    what: "a description of a group that there is not",
    tool: "kafka-consumer-groups",
    stdout:
      "Error: Executing consumer group command failed due to org.apache.kafka.common.errors.GroupIdNotFoundException: Group x not found.\n",
    fails: "Group x not found.",
  },
  {
    what: "a deletion of groups of which one is refused",
    tool: "kafka-share-groups",
    stdout: `
Error: Deletion of some share groups failed:
* Group 'y' could not be deleted due to: org.apache.kafka.common.errors.GroupNotEmptyException: The group is not empty.
`,
    fails:
      "it said: Error: Deletion of some share groups failed: * Group 'y' could not be deleted due to: org.apache.kafka.common.errors.GroupNotEmptyException: The group is not empty.",
  },
  {
    what: "a deletion of records of which one partition is refused",
    tool: "kafka-delete-records",
    stdout: `Executing records delete operation
Records delete operation completed:
partition: y-0	low_watermark: 1
partition: y-1	error: The requested offset is not within the range of offsets maintained by the server.
`,
    fails:
      "it said: partition: y-1 error: The requested offset is not within the range of offsets maintained by the server.",
  },
  {
    what: "a list of groups",
    tool: "kafka-groups",
    stdout: "GROUP  TYPE  PROTOCOL\nError-hunters  Classic  consumer\n",
  },
];

for (const { what, tool, args = [], fails, ...printed } of PRINTED) {
  Deno.test(`toolFailure() ${fails ? "sees" : "finds nothing wrong with"} ${what}`, () => {
    const result = { code: 0, stdout: "", stderr: "", ...printed };
    const failure = toolFailure(tool, args, result);
    if (fails === undefined) return assertEquals(failure, undefined);
    assertStringIncludes(failure?.message ?? "no failure", fails);
    assertStringIncludes(failure?.message ?? "", "Cannot run kafka-");
  });
}

Deno.test("toolFailure() repeats what a tool said that ends with another code than 0, without its stack", () => {
  const stderr = "Error: no\njava.lang.Oops: no\n\tat a.B.c(B.java:1)\n";
  assertEquals(
    toolFailure("topics", ["--list"], { code: 1, stdout: "", stderr })?.message,
    "Cannot run kafka-topics --list: it ended with code 1 and said: Error: no\njava.lang.Oops: no",
  );
  assertEquals(
    toolFailure("topics", [], { code: 1, stdout: "", stderr: "" })?.message,
    "Cannot run kafka-topics: it ended with code 1 and said nothing",
  );
});

/**
 * A Java program around a topology: it reads settings from its standard input
 * up to an empty line, runs, and ends when its input does. After as many sends
 * as `death` says it stands still, with its transaction open, and says so.
 *
 * @param topology Statements that use `builder`, and the texts `from`, `to` and `store`.
 * @returns The source of the class `Topology`.
 */
export function javaStreamsSource(topology: string): string {
  return `import java.io.*;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.state.*;

public class Topology {
  static long death;
  static String from, to, store;

  static void build(StreamsBuilder builder) {
${topology}
  }

  public static class Death implements ProducerInterceptor<byte[], byte[]> {
    static long sends = 0;
    public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
      try {
        if (death > 0 && ++sends > death) {
          System.out.println("standing");
          Thread.sleep(600_000);
        }
        if (death > 0) Thread.sleep(2); // several transactions before it
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return record;
    }
    public void onAcknowledgement(RecordMetadata metadata, Exception exception) {}
    public void close() {}
    public void configure(Map<String, ?> configs) {}
  }

  static class Restored implements StateRestoreListener {
    public void onRestoreStart(TopicPartition partition, String name, long start, long end) {}
    public void onBatchRestored(TopicPartition partition, String name, long end, long count) {}
    public void onRestoreEnd(TopicPartition partition, String name, long total) {
      System.out.println("restored " + total);
    }
  }

  public static void main(String[] args) throws Exception {
    var input = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    var text = new StringBuilder();
    for (String line; (line = input.readLine()) != null && !line.isEmpty();) text.append(line + "\\n");
    var properties = new Properties();
    properties.load(new StringReader(text.toString()));
    death = Long.parseLong(args[0]);
    from = args[1];
    to = args[2];
    store = args[3];
    var builder = new StreamsBuilder();
    build(builder);
    var streams = new KafkaStreams(builder.build(), properties);
    streams.setGlobalStateRestoreListener(new Restored());
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      Runtime.getRuntime().halt(1);
      return null;
    });
    streams.start();
    while (input.readLine() != null);
    Runtime.getRuntime().halt(0);
  }
}
`;
}

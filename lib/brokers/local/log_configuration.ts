/**
 * How brokers log: to `server.log` in the folder `kafka.logs.dir`, at most
 * 20 MB of it. The variables `KAFKA_LOG4J_ROOT_LOGLEVEL` and
 * `KAFKA_LOG4J_LOGGERS` of `compose.yaml` change the levels.
 */
export const LOG_CONFIGURATION = `Configuration:
  Appenders:
    RollingFile:
      - name: "SERVER"
        fileName: "\${sys:kafka.logs.dir}/server.log"
        filePattern: "\${sys:kafka.logs.dir}/server.%i.log"
        PatternLayout:
          pattern: "[%d] %p %m (%c)%n"
        SizeBasedTriggeringPolicy:
          size: "10 MB"
        DefaultRolloverStrategy:
          max: 1
  Loggers:
    Root:
      level: "INFO"
      AppenderRef:
        - ref: "SERVER"
`;

/** How Kafka's tools log: warnings, to standard error. */
export const TOOLS_LOG_CONFIGURATION = `Configuration:
  Appenders:
    Console:
      name: "STDERR"
      target: "SYSTEM_ERR"
      PatternLayout:
        pattern: "[%d] %p %m (%c)%n"
  Loggers:
    Root:
      level: "WARN"
      AppenderRef:
        - ref: "STDERR"
`;

/**
 * The address of a file, as log4j takes it.
 *
 * @param path Its whole path.
 * @returns The address.
 */
export function fileUrl(path: string): string {
  return `file://${path.split("/").map(encodeURIComponent).join("/")}`;
}

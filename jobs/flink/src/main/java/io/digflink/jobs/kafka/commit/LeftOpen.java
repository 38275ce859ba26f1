package io.digflink.jobs.kafka.commit;

import java.lang.reflect.Field;
import java.time.Duration;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.kafka.clients.admin.Admin;

/**
 * Closes what version 5.0.0 of the connector leaves open when it closes an exactly-once writer: the
 * client with which the writer looked for transactions of earlier runs. Each start of a job would
 * leave a thread and a connection behind for each writer.
 */
final class LeftOpen {
  private static final String FIELD = "adminClient";

  private LeftOpen() {}

  static void close(Object writer) {
    for (Class<?> type = writer.getClass(); type != null; type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        if (field.getName().equals(FIELD) && Admin.class.isAssignableFrom(field.getType())) {
          close(writer, field);
        }
      }
    }
  }

  private static void close(Object writer, Field field) {
    try {
      field.setAccessible(true);
      Admin client = (Admin) field.get(writer);
      if (client != null) {
        client.close(Duration.ZERO);
      }
    } catch (IllegalAccessException e) {
      throw new FlinkRuntimeException("Cannot close the writer's admin client", e);
    }
  }
}

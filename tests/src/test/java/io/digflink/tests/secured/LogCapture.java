package io.digflink.tests.secured;

import java.io.StringWriter;
import java.util.Map;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.WriterAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.layout.PatternLayout;

/** Everything that this JVM logs at INFO, as a cluster's log has it, instead of on the console. */
final class LogCapture implements AutoCloseable {
  private final StringWriter text = new StringWriter();
  private final LoggerContext context = (LoggerContext) LogManager.getContext(false);
  private final LoggerConfig root = context.getConfiguration().getRootLogger();
  private final Level level = root.getLevel();
  private final Map<String, Appender> others = Map.copyOf(root.getAppenders());
  private final Appender appender =
      WriterAppender.newBuilder()
          .setName("capture")
          .setTarget(text)
          .setLayout(PatternLayout.newBuilder().withPattern("%p %c: %m%n%xEx").build())
          .build();

  LogCapture() {
    appender.start();
    others.keySet().forEach(root::removeAppender);
    root.addAppender(appender, Level.INFO, null);
    root.setLevel(Level.INFO);
    context.updateLoggers();
  }

  String text() {
    return text.toString();
  }

  @Override
  public void close() {
    root.removeAppender(appender.getName());
    others.values().forEach(other -> root.addAppender(other, null, null));
    root.setLevel(level);
    context.updateLoggers();
  }
}

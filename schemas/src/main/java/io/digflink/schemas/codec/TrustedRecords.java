package io.digflink.schemas.codec;

import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;

/**
 * Tells Avro that the generated classes of this module may be instantiated: from 1.12.2 on Avro
 * refuses every class that nobody vouches for. {@link RecordCodec} does so by itself; code that
 * hands records to another Avro reader in a JVM of its own (Flink's serializer) calls {@link
 * #install()} first.
 */
public final class TrustedRecords {
  private static final String PACKAGE = "io.digflink.schemas.";

  private static boolean installed;

  private TrustedRecords() {}

  /** Trusts the records besides what is trusted already. Does nothing the second time. */
  public static synchronized void install() {
    if (installed) {
      return;
    }
    ClassSecurityPredicate before = ClassSecurityValidator.getGlobal();
    ClassSecurityPredicate ours = type -> type.getName().startsWith(PACKAGE);
    ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(ours, before));
    installed = true;
  }
}

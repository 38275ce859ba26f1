package io.digflink.lab.cluster;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The checkout that this runs from. */
public final class Checkout {
  private Checkout() {}

  /** A file of the checkout, absolute. */
  public static Path path(String file) {
    return Path.of(System.getProperty("dig.home", ".")).resolve(file).toAbsolutePath().normalize();
  }

  /** The jar that is submitted to a cluster. */
  public static Path jobJar() throws NoSuchFileException {
    Path jar = path("jobs/flink/target/dig-jobs.jar");
    if (!Files.exists(jar)) {
      throw new NoSuchFileException("Expected " + jar + ", found none: build with mvn package");
    }
    return jar;
  }
}

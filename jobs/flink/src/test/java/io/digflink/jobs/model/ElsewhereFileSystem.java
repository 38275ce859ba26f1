package io.digflink.jobs.model;

import java.net.URI;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.local.LocalFileSystem;

/** The local disk under a scheme of its own: to Flink a file system like any other. */
public final class ElsewhereFileSystem extends LocalFileSystem {
  static final String SCHEME = "elsewhere";

  /** Found by Flink as the factories of its plugins are. */
  public static final class Factory implements FileSystemFactory {
    @Override
    public String getScheme() {
      return SCHEME;
    }

    @Override
    public FileSystem create(URI uri) {
      return new ElsewhereFileSystem();
    }
  }
}

package io.digflink.jobs.model;

import io.digflink.runtime.model.ModelCatalog;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.plugin.PluginUtils;

/**
 * Puts model bundles in place and verifies every one: a main class for an init container or a Job,
 * which ends with 1 and the reason on standard error if a bundle is damaged or cannot be written.
 *
 * <p>Arguments are options of Flink as {@code -Dkey=value}, such as {@code -Ds3.endpoint=…}, then
 * where the bundles are and where they go: local paths or URIs of any file system that Flink has.
 */
public final class InstallModels {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private InstallModels() {}

  /** See the class. */
  public static void main(String[] arguments) {
    int code = run(List.of(arguments), System.out, System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(List<String> arguments, PrintStream out, PrintStream err) {
    Configuration settings = new Configuration();
    List<String> places = new ArrayList<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (argument.startsWith("-D") && equals > 0) {
        settings.setString(argument.substring(2, equals), argument.substring(equals + 1));
      } else {
        places.add(argument);
      }
    }
    if (places.size() != 2) {
      err.println(
          "Expected [-Dkey=value …] FROM TO, the directories of the bundles and of their copies, found "
              + arguments);
      return USAGE;
    }
    try {
      startFileSystems(settings);
      install(new Path(places.get(0)), new Path(places.get(1)), out);
      return 0;
    } catch (IOException e) {
      err.println(e.getMessage());
      return FAILED;
    }
  }

  private static void install(Path from, Path to, PrintStream out) throws IOException {
    List<String> digests = new ArrayList<>();
    for (ModelCatalog.Version version : new BundleInstaller(from, to).install()) {
      out.println(version.name() + " " + version.digest() + " in " + to);
      digests.add(version.digest());
    }
    out.println("To serve only these: --models.allowed-digests=" + String.join(",", digests));
  }

  /** With Flink's plugins, such as S3, which nothing has started outside a cluster. */
  private static void startFileSystems(Configuration settings) {
    String folder = System.getenv("FLINK_CONF_DIR");
    Configuration configuration =
        folder == null ? settings : GlobalConfiguration.loadConfiguration(folder, settings);
    FileSystem.initialize(
        configuration, PluginUtils.createPluginManagerFromRootFolder(configuration));
  }
}

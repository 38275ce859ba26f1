package io.digflink.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.opentest4j.TestAbortedException;

/** Has {@code .ci/tool} search among programs that only print a version. */
class ToolITCase {
  /** What kubectl 1.20, of Debian 12, prints: without a version of kustomize. */
  private static final String OLD_KUBECTL =
      "Client Version: version.Info{Major:\"1\", Minor:\"20\", GitVersion:\"v1.20.2\"}";

  private static final String NEW_KUBECTL = "Client Version: v1.32.3\nKustomize Version: v5.5.0";

  private static final List<String> BASICS = List.of("awk", "bash", "cat", "grep", "head", "sort");

  @TempDir private Path directory;

  @Test
  void theFirstProgramThatIsNewEnoughIsTaken() throws Exception {
    Path old = program("old/kubectl", OLD_KUBECTL);
    Path recent = program("new/kubectl", NEW_KUBECTL);

    Tool.Result search = Tool.search(pathOf(old, recent), "kubectl");

    assertThat(search).isEqualTo(new Tool.Result(0, recent.toString(), ""));
  }

  @Test
  void aProgramThatIsTooOldIsNamedWithItsVersionAndThePackageToInstall() throws Exception {
    Path old = program("old/kubectl", OLD_KUBECTL);

    Tool.Result search = Tool.search(pathOf(old), "kubectl");

    assertThat(search.status()).isEqualTo(1);
    assertThat(search.errors())
        .startsWith("Expected kubectl 1.27 or newer, found 1.20.2 at " + old)
        .contains("Debian's package kubectl");
  }

  @Test
  void aProgramThatFailsHasNoVersion() throws Exception {
    Path broken = program("kubectl", "kubectl 1.40'; exit 1; '");

    assertThat(Tool.search(pathOf(broken), "kubectl").errors())
        .contains("found no version at " + broken);
  }

  @ParameterizedTest
  @CsvSource({"3.9, 1", "3.22, 0", "3.22.1, 0", "3.100, 0", "4, 0", "2.99, 1"})
  void versionsAreComparedNumberByNumber(String version, int status) throws Exception {
    Path cmake = program("cmake", "cmake version " + version);

    assertThat(Tool.search(pathOf(cmake), "cmake").status()).isEqualTo(status);
  }

  @Test
  void thePackagesOfWhatIsMissingAreListed() throws Exception {
    Path kubectl = program("kubectl", NEW_KUBECTL);

    assertThat(Tool.search(pathOf(kubectl), "--missing").output().lines())
        .contains("prometheus")
        .doesNotContain("kubectl")
        .doesNotHaveDuplicates();
  }

  @Test
  void aMissingToolSkipsTheTestAndAnUnknownNameFailsIt() throws Exception {
    assertThat(Tool.search(pathOf(), "promtool").errors()).contains("found none");
    assertThatThrownBy(() -> Tool.require("nonsense"))
        .isNotInstanceOf(TestAbortedException.class)
        .hasMessageContaining("found nonsense");
  }

  private Path program(String name, String output) throws IOException {
    return script(name, "echo '" + output + "'");
  }

  private Path script(String name, String command) throws IOException {
    Path script = directory.resolve(name);
    Files.createDirectories(script.getParent());
    Files.writeString(script, "#!/bin/sh\n" + command + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }

  /**
   * A search path of the programs' folders, and a folder with no more than the script itself runs.
   */
  private String pathOf(Path... programs) throws IOException {
    for (String name : BASICS) {
      script("basics/" + name, "exec /usr/bin/" + name + " \"$@\"");
    }
    List<String> folders = new ArrayList<>();
    for (Path program : programs) {
      folders.add(program.getParent().toString());
    }
    folders.add(directory.resolve("basics").toString());
    return String.join(File.pathSeparator, folders);
  }
}

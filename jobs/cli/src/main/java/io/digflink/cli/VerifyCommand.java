package io.digflink.cli;

import io.digflink.jobs.files.FileProblem;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.session.SessionException;
import io.digflink.runtime.verify.ImageVerifier;
import io.digflink.runtime.verify.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code verify IMAGE…}: makes images again from what their files say, and compares the bytes. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Make images again from the metadata in their files and compare the bytes.",
      "The same bytes need the same kind of device as the one that made the image."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:every image was made by a model of the directory",
      "1:some were not; a line for each says what differs",
      "2:wrong options"
    })
public final class VerifyCommand implements Callable<Integer> {
  private static final int OK = 0;
  private static final int NOT_VERIFIED = 1;

  @Spec private CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "PNG and JPEG files.")
  private List<Path> images;

  @Mixin private ModelDirectory models;

  @Mixin private DeviceOption device;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    ModelCatalog catalog = ModelCatalog.open(models.resolve(spec.commandLine().getErr()::println));
    boolean all = true;
    try (ImageVerifier verifier = new ImageVerifier(catalog, device.device(), 0)) {
      for (Path image : images) {
        Verdict verdict = verify(verifier, image);
        out.println(image + ": " + verdict.message());
        out.flush();
        all &= verdict.verified();
      }
    }
    return all ? OK : NOT_VERIFIED;
  }

  private static Verdict verify(ImageVerifier verifier, Path image)
      throws IOException, SessionException {
    byte[] file;
    try {
      file = Files.readAllBytes(image);
    } catch (IOException e) {
      return new Verdict(false, "cannot be read: " + FileProblem.of(e));
    }
    return verifier.verify(file);
  }
}

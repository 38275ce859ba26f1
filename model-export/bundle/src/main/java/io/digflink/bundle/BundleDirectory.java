package io.digflink.bundle;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A model bundle on a local file system: reads, verifies and seals it. */
public final class BundleDirectory {
  /** File name of the manifest. */
  public static final String MANIFEST = "model.json";

  private static final long LARGEST_MANIFEST = 16 << 20;
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build();

  // The line ends do not depend on the machine: a bundle's digest is taken over these bytes.
  private static final ObjectWriter WRITER =
      MAPPER.writer(new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")));

  private final Path directory;
  private final ModelManifest manifest;

  private BundleDirectory(Path directory, ModelManifest manifest) {
    this.directory = directory;
    this.manifest = manifest;
  }

  /**
   * Reads the manifest of a bundle and checks that its files are there in the expected sizes;
   * {@link #verify()} reads them whole.
   *
   * @throws BundleException if there is no bundle, or not one that this version can read
   */
  public static BundleDirectory open(Path directory) throws BundleException {
    Path file = directory.resolve(MANIFEST);
    if (!Files.isRegularFile(file)) {
      throw new BundleException(
          directory
              + " is not a model bundle: it has no "
              + MANIFEST
              + ". Give the directory that \"dig export\" wrote.");
    }
    BundleDirectory bundle = new BundleDirectory(directory, read(file));
    if (!bundle.manifest.files().containsKey(ModelManifest.DENOISER)) {
      throw new BundleException(
          file + " does not list " + ModelManifest.DENOISER + ": export the model again.");
    }
    bundle.checkSizes();
    return bundle;
  }

  /**
   * Completes a bundle: digests every file in the directory and writes the manifest that lists
   * them.
   *
   * @param directory holds the finished graphs and nothing else
   * @param manifest everything but the files
   */
  public static BundleDirectory seal(Path directory, ModelManifest manifest) throws IOException {
    Map<String, ModelManifest.FileDigest> files = new TreeMap<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().equals(MANIFEST)) {
          files.put(entry.getFileName().toString(), digestOf(entry));
        }
      }
    }
    ModelManifest sealed = manifest.withFiles(files);
    Files.write(directory.resolve(MANIFEST), canonicalBytes(sealed));
    return open(directory);
  }

  /** The directory itself. */
  public Path path() {
    return directory;
  }

  /** The bundle's own description. */
  public ModelManifest manifest() {
    return manifest;
  }

  /** Path of the denoiser graph. */
  public Path denoiser() {
    return directory.resolve(ModelManifest.DENOISER);
  }

  /** Path of the decoder graph, in a bundle that has one. */
  public Optional<Path> decoder() {
    return manifest.files().containsKey(ModelManifest.DECODER)
        ? Optional.of(directory.resolve(ModelManifest.DECODER))
        : Optional.empty();
  }

  /**
   * Digest of the whole bundle: SHA-256 of the manifest as the exporter writes it, which lists the
   * digests of all other files.
   *
   * @return 64 lower-case hexadecimal digits
   */
  public String digest() {
    try {
      return HexFormat.of().formatHex(sha256().digest(canonicalBytes(manifest)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A manifest that was read can be written", e);
    }
  }

  /**
   * Reads every file of the bundle and compares it with the manifest.
   *
   * @throws BundleException naming the first file that differs
   */
  public void verify() throws IOException {
    checkSizes();
    for (Map.Entry<String, ModelManifest.FileDigest> entry : manifest.files().entrySet()) {
      Path file = directory.resolve(entry.getKey());
      String found = digestOf(file).sha256();
      if (!found.equals(entry.getValue().sha256())) {
        throw new BundleException(
            String.format(
                "%s is damaged: expected SHA-256 %s, found %s. Copy or export the bundle again.",
                file, entry.getValue().sha256(), found));
      }
    }
  }

  private void checkSizes() throws BundleException {
    for (Map.Entry<String, ModelManifest.FileDigest> entry : manifest.files().entrySet()) {
      Path file = directory.resolve(entry.getKey());
      long found;
      try {
        found = Files.isRegularFile(file) ? Files.size(file) : -1;
      } catch (IOException e) {
        throw new BundleException("Cannot read " + file + ": " + e.getMessage(), e);
      }
      if (found != entry.getValue().bytes()) {
        throw new BundleException(
            String.format(
                "%s: expected %d bytes as %s says, found %s. Copy or export the bundle again.",
                file, entry.getValue().bytes(), MANIFEST, found < 0 ? "no such file" : found));
      }
    }
  }

  private static ModelManifest read(Path file) throws BundleException {
    try {
      if (Files.size(file) > LARGEST_MANIFEST) {
        throw new BundleException(
            String.format(
                "%s has %d bytes; expected a manifest of at most %d. Export the model again.",
                file, Files.size(file), LARGEST_MANIFEST));
      }
      return MAPPER.readValue(Files.readAllBytes(file), ModelManifest.class);
    } catch (ValueInstantiationException e) {
      throw new BundleException(file + ": " + e.getCause().getMessage() + ".", e);
    } catch (JsonProcessingException e) {
      throw new BundleException(
          file + " is not a manifest of this version: " + e.getOriginalMessage(), e);
    } catch (BundleException e) {
      throw e;
    } catch (IOException e) {
      throw new BundleException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static byte[] canonicalBytes(ModelManifest manifest) throws JsonProcessingException {
    return WRITER.writeValueAsBytes(manifest);
  }

  private static ModelManifest.FileDigest digestOf(Path file) throws IOException {
    MessageDigest digest = sha256();
    long bytes = 0;
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        bytes += n;
      }
    }
    return new ModelManifest.FileDigest(bytes, HexFormat.of().formatHex(digest.digest()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}

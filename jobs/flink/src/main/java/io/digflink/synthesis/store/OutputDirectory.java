package io.digflink.synthesis.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.synthesis.spec.SpecDifference;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.commons.io.file.PathUtils;

/**
 * The directory of one data set, held by one process at a time. It is new, unfinished, or complete:
 * complete is one with a manifest.
 */
public final class OutputDirectory implements Closeable {
  /** The manifest's file name. */
  public static final String MANIFEST = "manifest.json";

  /** Key of the identity that has the version of the files' format; 1 where it is absent. */
  public static final String FORMAT_VERSION = "format_version";

  private final WorkFiles files;
  private final ObjectNode identity;
  private boolean isNew;
  private FileChannel lock;
  private String warning;

  private OutputDirectory(WorkFiles files, ObjectNode identity) {
    this.files = files;
    this.identity = identity;
  }

  /**
   * Opens a directory for a data set, made where there is none.
   *
   * @param identity all that its bytes depend on
   * @throws IOException if it cannot be written, holds something else or another data set, or
   *     another process is at work in it
   */
  public static OutputDirectory open(Path dataset, ObjectNode identity) throws IOException {
    WorkFiles files = new WorkFiles(dataset);
    OutputDirectory directory = new OutputDirectory(files, identity);
    directory.refuseForeign();
    if (directory.isComplete()) {
      directory.refuseOther(directory.manifest());
      directory.removeWork();
      return directory;
    }
    try {
      files.create();
      directory.takeLock();
    } catch (IOException e) {
      throw new IOException(
          "Expected a directory that can be written at " + dataset + " (" + e.getMessage() + ")",
          e);
    }
    directory.claim();
    return directory;
  }

  /** Names and small files of the working directory. */
  public WorkFiles files() {
    return files;
  }

  /** What is being made. */
  public ObjectNode identity() {
    return identity;
  }

  /** What could not be checked about the directory. */
  public Optional<String> warning() {
    return Optional.ofNullable(warning);
  }

  /** Whether there is nothing left to do. */
  public boolean isComplete() {
    return Files.exists(manifestFile());
  }

  /** The manifest of a complete data set. */
  public JsonNode manifest() throws IOException {
    return WorkFiles.JSON.readTree(manifestFile().toFile());
  }

  /** Forgets a data set that this process has begun and found that it cannot be made. */
  public void abandon() throws IOException {
    if (isNew) {
      removeWork();
    }
  }

  /** Declares the data set complete. */
  public void complete(JsonNode manifest) throws IOException {
    files.replace(
        manifestFile(),
        WorkFiles.JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest));
    removeWork();
  }

  /** Bytes that can still be written; empty where the file system does not report them. */
  public OptionalLong usableBytes() {
    // Not by Files.getFileStore, which looks for the mount point and finds none in a chroot.
    File dataset = files.dataset().toFile();
    return dataset.getTotalSpace() > 0
        ? OptionalLong.of(dataset.getUsableSpace())
        : OptionalLong.empty();
  }

  @Override
  public void close() throws IOException {
    if (lock != null) {
      lock.close();
    }
  }

  private Path manifestFile() {
    return files.dataset().resolve(MANIFEST);
  }

  private void refuseForeign() throws IOException {
    Path dataset = files.dataset();
    if (Files.exists(dataset) && !Files.isDirectory(dataset)) {
      throw new IOException("Expected a directory at " + dataset + ", found a file");
    }
    if (isComplete() || Files.exists(files.identity()) || !Files.exists(dataset)) {
      return;
    }
    try (Stream<Path> entries = Files.list(dataset)) {
      List<String> names =
          entries
              .map(entry -> entry.getFileName().toString())
              .filter(name -> !name.equals(WorkFiles.WORK))
              .sorted()
              .limit(3)
              .toList();
      if (!names.isEmpty()) {
        throw new IOException(
            "Expected an empty directory or a data set of this command at "
                + dataset
                + ", found "
                + String.join(", ", names)
                + ": give another directory");
      }
    }
  }

  private void claim() throws IOException {
    if (Files.exists(files.identity())) {
      JsonNode there = WorkFiles.JSON.readTree(files.identity().toFile());
      refuseOtherFormat(there);
      refuseOther(there);
    } else {
      isNew = true;
      files.replace(files.identity(), WorkFiles.JSON.writeValueAsBytes(identity));
    }
  }

  /** Refuses what an earlier version began: files of two kinds would lie side by side. */
  private void refuseOtherFormat(JsonNode there) throws IOException {
    int theirs = there.path(FORMAT_VERSION).asInt(1);
    int ours = identity.path(FORMAT_VERSION).asInt(1);
    if (theirs != ours) {
      throw new IOException(
          String.format(
              "Expected an unfinished data set of format version %d at %s, found version %d: another"
                  + " version of dig-flink has begun it. Complete it with that one, or give another"
                  + " directory",
              ours, files.dataset(), theirs));
    }
  }

  /** Refuses a document whose identity is not ours. */
  private void refuseOther(JsonNode there) throws IOException {
    ObjectNode theirs = WorkFiles.JSON.createObjectNode();
    identity.fieldNames().forEachRemaining(key -> theirs.set(key, there.path(key)));
    // A complete data set of an earlier format stays valid.
    if (identity.has(FORMAT_VERSION)) {
      theirs.set(FORMAT_VERSION, identity.get(FORMAT_VERSION));
    }
    // Compared as written: numbers of equal value may be of different types in memory.
    JsonNode ours = WorkFiles.JSON.readTree(WorkFiles.JSON.writeValueAsBytes(identity));
    List<String> differences = SpecDifference.between(theirs, ours);
    if (!differences.isEmpty()) {
      throw new IOException(
          "Expected "
              + files.dataset()
              + " to hold the same data set, found another: "
              + String.join("; ", differences)
              + ". Give another directory, or the specification and model that it was made with");
    }
  }

  private void takeLock() throws IOException {
    lock = FileChannel.open(files.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (lock.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // held by this process: reported below like any other holder
    } catch (IOException e) {
      warning =
          "Warning: the file system cannot lock "
              + files.dataset()
              + " ("
              + e.getMessage()
              + "). Make sure that no other process makes a data set there.";
      return;
    }
    lock.close();
    throw new IOException("another process is making a data set there: wait for it or stop it");
  }

  private void removeWork() throws IOException {
    if (Files.exists(files.work())) {
      PathUtils.deleteDirectory(files.work());
    }
  }
}

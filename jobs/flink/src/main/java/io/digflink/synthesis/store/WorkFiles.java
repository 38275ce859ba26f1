package io.digflink.synthesis.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Names and small files of the working directory inside a data set's directory.
 *
 * @param dataset the data set's directory
 */
public record WorkFiles(Path dataset) {
  /** Name of the working directory. */
  public static final String WORK = ".synthesis";

  /** JSON of the working directory and of the manifest: the same bytes for the same values. */
  public static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  /** The working directory. */
  public Path work() {
    return dataset.resolve(WORK);
  }

  /** What is being made. */
  public Path identity() {
    return work().resolve("identity.json");
  }

  /** Locked by the process at work. */
  public Path lock() {
    return work().resolve("lock");
  }

  /** The requests of a topic, where the data set is made from one. */
  public Path requests() {
    return work().resolve("requests");
  }

  /** Images of an unfinished shard. */
  public Path spool(int shard) {
    return work().resolve("spool").resolve(String.format("%05d.spool", shard));
  }

  /** Lines of {@code metadata.jsonl} of a finished shard. */
  public Path rows(int shard) {
    return work().resolve("rows").resolve(String.format("%05d.jsonl", shard));
  }

  /**
   * An image of the contact sheet.
   *
   * @param label its label, −1 for none
   */
  public record SheetImage(Path file, int label) {}

  /** Where an image of the contact sheet is kept; the names sort by label and index. */
  public Path sheetImage(long index, int label) {
    return work().resolve("sheet").resolve(String.format("%07d-%05d", label + 1, index));
  }

  /** The images of the contact sheet by label and index. */
  public List<SheetImage> sheetImages() throws IOException {
    try (Stream<Path> images = Files.list(sheetImage(0, 0).getParent())) {
      return images
          .sorted()
          .map(
              file ->
                  new SheetImage(
                      file, Integer.parseInt(file.getFileName().toString().split("-")[0]) - 1))
          .toList();
    }
  }

  /** Where a file is written before it is moved to its place. */
  public Path temporary(String name) {
    return work().resolve("temporary").resolve(name);
  }

  private Path entry(int shard) {
    return work().resolve("shards").resolve(String.format("%05d.json", shard));
  }

  private Path failure(long request, long index) {
    return work().resolve("failed").resolve(String.format("%012d-%012d.json", index, request));
  }

  /** Makes the directories. */
  public void create() throws IOException {
    for (Path file :
        new Path[] {spool(0), rows(0), sheetImage(0, 0), temporary("x"), entry(0), failure(0, 0)}) {
      Files.createDirectories(file.getParent());
    }
  }

  /** The entry of a shard, if it is finished. */
  public Optional<ShardEntry> readEntry(int shard) throws IOException {
    Path file = entry(shard);
    return Files.exists(file)
        ? Optional.of(JSON.readValue(file.toFile(), ShardEntry.class))
        : Optional.empty();
  }

  /** Declares a shard finished. */
  public void writeEntry(int shard, ShardEntry entry) throws IOException {
    replace(entry(shard), JSON.writeValueAsBytes(entry));
  }

  /** Remembers images that could not be made; the same ones again change nothing. */
  public void writeFailure(FailedItem item) throws IOException {
    replace(failure(item.request(), item.index()), JSON.writeValueAsBytes(item));
  }

  /** Forgets a failure, since the image is there now. */
  public void deleteFailure(FailedItem item) throws IOException {
    Files.deleteIfExists(failure(item.request(), item.index()));
  }

  /** What could not be made, in order of the indices. */
  public List<FailedItem> readFailures() throws IOException {
    List<FailedItem> items = new ArrayList<>();
    try (Stream<Path> failures = Files.list(failure(0, 0).getParent())) {
      for (Path file : failures.sorted().toList()) {
        items.add(JSON.readValue(file.toFile(), FailedItem.class));
      }
    }
    return items;
  }

  /** Writes a file whole or not at all. */
  public void replace(Path file, byte[] bytes) throws IOException {
    Path temporary = temporary(file.getFileName() + ".new");
    Files.write(temporary, bytes);
    publish(temporary, file);
  }

  /** Moves a file that has been written to its place, on the disk before its name. */
  public static void publish(Path temporary, Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.createDirectories(file.getParent());
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}

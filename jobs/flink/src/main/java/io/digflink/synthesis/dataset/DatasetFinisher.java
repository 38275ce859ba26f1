package io.digflink.synthesis.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.runtime.image.ContactSheet;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.synthesis.format.DatasetInfo;
import io.digflink.synthesis.format.NpzWriter;
import io.digflink.synthesis.format.ShardWriter;
import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.FailedItem;
import io.digflink.synthesis.store.OutputDirectory;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.ShardEntry;
import io.digflink.synthesis.store.ShardLayout;
import io.digflink.synthesis.store.Spool;
import io.digflink.synthesis.store.WorkFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Completes a data set whose images are all made or have failed: what shards are left, the list of
 * failures, contact sheet, card and, last, the manifest. Interrupted and done again it leaves the
 * same files.
 */
public final class DatasetFinisher {
  private static final int SHEET_COLUMNS = 10;
  private static final int SHEET_CELL = 96;

  private final OutputDirectory directory;
  private final DatasetSettings settings;
  private final WorkFiles files;
  private final ShardAssembler assembler;

  public DatasetFinisher(OutputDirectory directory, DatasetSettings settings) {
    this.directory = directory;
    this.settings = settings;
    this.files = directory.files();
    this.assembler = new ShardAssembler(settings);
  }

  /** Completes the data set. */
  public Manifest finish() throws IOException {
    List<FailedItem> failures = new FailureList(settings).settle();
    List<ShardEntry> shards =
        settings.format() == OutputFormat.NPZ ? List.of(npz()) : remainingShards();
    SortedMap<Integer, Long> labels = new TreeMap<>();
    shards.forEach(
        shard -> shard.labels().forEach((label, n) -> labels.merge(label, (long) n, Long::sum)));
    JsonNode spec = directory.identity().get("spec");
    Manifest manifest =
        new Manifest(
            Manifest.FORMAT_VERSION,
            spec,
            DigestUtils.sha256Hex(WorkFiles.JSON.writeValueAsBytes(spec)),
            directory.identity().get("model"),
            labels.values().stream().mapToLong(Long::longValue).sum(),
            Manifest.failedImages(failures),
            byName(labels),
            shards);
    if (settings.format() == OutputFormat.IMAGEFOLDER) {
      joinRows();
    }
    writeFailures(failures);
    writeSheet();
    files.replace(
        files.dataset().resolve("README.md"),
        new DatasetCard(manifest, settings, labels.keySet())
            .text()
            .getBytes(StandardCharsets.UTF_8));
    directory.complete(WorkFiles.JSON.valueToTree(manifest));
    return manifest;
  }

  private List<ShardEntry> remainingShards() throws IOException {
    List<ShardEntry> shards = new ArrayList<>();
    for (int shard = 0; shard < settings.layout().shards(); shard++) {
      ShardEntry entry = files.readEntry(shard).orElse(null);
      if (entry == null) {
        entry = assembler.assemble(shard, assembler.openSpool(shard));
      }
      shards.add(entry);
    }
    return shards;
  }

  private ShardEntry npz() throws IOException {
    ShardLayout layout = settings.layout();
    long rows = 0;
    for (int shard = 0; shard < layout.shards(); shard++) {
      rows += assembler.done(shard).cardinality();
    }
    SortedMap<Integer, Integer> labels = new TreeMap<>();
    try (NpzWriter writer = new NpzWriter(files, settings.info(), rows)) {
      for (int shard = 0; shard < layout.shards(); shard++) {
        try (Spool spool = assembler.openSpool(shard)) {
          for (int i = 0; i < layout.capacity(shard); i++) {
            if (spool.contains(layout.first(shard) + i)) {
              Sample sample = spool.read(layout.first(shard) + i);
              writer.append(sample);
              ShardAssembler.count(sample, labels);
              assembler.keepForSheet(sample);
            }
          }
        }
      }
      ShardWriter.Written npz = writer.finish().get(0);
      return new ShardEntry(
          npz.file(), 0, Math.toIntExact(rows), npz.bytes(), npz.sha256(), labels);
    }
  }

  private Map<String, Long> byName(SortedMap<Integer, Long> labels) {
    Map<String, Long> counts = new LinkedHashMap<>();
    labels.forEach((label, n) -> counts.merge(nameOf(label), n, Long::sum));
    return counts;
  }

  private void joinRows() throws IOException {
    Path temporary = files.temporary("metadata.jsonl");
    try (OutputStream out = Files.newOutputStream(temporary)) {
      for (int shard = 0; shard < settings.layout().shards(); shard++) {
        Files.copy(files.rows(shard), out);
      }
    }
    WorkFiles.publish(temporary, files.dataset().resolve("images").resolve("metadata.jsonl"));
  }

  private void writeFailures(List<FailedItem> failures) throws IOException {
    if (failures.isEmpty()) {
      return;
    }
    StringBuilder lines = new StringBuilder();
    for (FailedItem item : failures) {
      lines.append(WorkFiles.JSON.writeValueAsString(item)).append('\n');
    }
    files.replace(
        files.dataset().resolve("failed.jsonl"), lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void writeSheet() throws IOException {
    ContactSheet sheet = new ContactSheet(SHEET_COLUMNS, SHEET_CELL);
    for (WorkFiles.SheetImage image : files.sheetImages()) {
      sheet.add(ImageIO.read(image.file().toFile()), nameOf(image.label()));
    }
    files.replace(
        files.dataset().resolve(DatasetCard.SHEET),
        new ImageEncoder(ImageFormat.PNG, ImageEncoder.DEFAULT_QUALITY).encode(sheet.draw()));
  }

  private String nameOf(int label) {
    return label < 0 ? DatasetInfo.NO_CLASS : settings.info().classNames().get(label);
  }
}

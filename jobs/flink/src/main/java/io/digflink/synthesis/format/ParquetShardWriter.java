package io.digflink.synthesis.format;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.schemas.GeneratedImage;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.WorkFiles;
import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.GroupWriter;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/**
 * A Parquet shard as Hugging Face {@code datasets} writes and reads image data sets: the image is a
 * struct of its file's bytes and name, the label is an int64, and the key {@code huggingface} of
 * the file's metadata names the features, class names included.
 *
 * <p>Row groups end after 100 rows, as the Hub does for images, or before they exceed 64 MiB: that
 * bounds the memory of the writer and of readers, some of which refuse groups above 286 MiB.
 * Nothing is compressed: image files are already.
 */
final class ParquetShardWriter implements ShardWriter {
  private static final int ROW_GROUP_ROWS = 100;
  private static final long ROW_GROUP_BYTES = 64L << 20;
  private static final String COLUMNS =
      "optional group image { optional binary bytes; optional binary path (STRING); }"
          + " optional int64 label; optional int64 index; optional int64 seed;"
          + " optional binary sampler (STRING); optional int32 steps; optional double guidance;";
  private static final String LATENT =
      " optional group latent (LIST) { repeated group list { optional float element; } }";

  private final DatasetInfo info;
  private final MessageType schema;
  private final ShardFile file;
  private final ParquetWriter<Group> parquet;

  ParquetShardWriter(WorkFiles files, DatasetInfo info, int shard) throws IOException {
    this.info = info;
    this.schema =
        MessageTypeParser.parseMessageType(
            "message schema { " + COLUMNS + (info.latents() ? LATENT : "") + " }");
    this.file =
        new ShardFile(
            files, String.format("data/train-%05d-of-%05d.parquet", shard, info.layout().shards()));
    this.parquet =
        new Builder(new LocalOutputFile(file.temporary()), schema)
            .withConf(new PlainParquetConfiguration())
            .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
            .withCompressionCodec(CompressionCodecName.UNCOMPRESSED)
            .withRowGroupRowCountLimit(ROW_GROUP_ROWS)
            .withRowGroupSize(ROW_GROUP_BYTES)
            // The size is looked at after every row; the default would be after 100.
            .withMinRowCountForPageSizeCheck(1)
            .withMaxRowCountForPageSizeCheck(1)
            .withDictionaryEncoding("image.bytes", false)
            .withExtraMetaData(Map.of("huggingface", features(info)))
            .build();
  }

  private static final class Builder extends ParquetWriter.Builder<Group, Builder> {
    private final MessageType schema;

    Builder(OutputFile file, MessageType schema) {
      super(file);
      this.schema = schema;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract still
    protected WriteSupport<Group> getWriteSupport(Configuration configuration) {
      return new GroupSupport(schema);
    }

    @Override
    protected WriteSupport<Group> getWriteSupport(ParquetConfiguration configuration) {
      return new GroupSupport(schema);
    }
  }

  /** Parquet's own support for groups calls itself "example" in the footer. */
  private static final class GroupSupport extends WriteSupport<Group> {
    private final MessageType schema;
    private GroupWriter writer;

    GroupSupport(MessageType schema) {
      this.schema = schema;
    }

    @Override
    public String getName() {
      return "dig-flink";
    }

    @Override
    @SuppressWarnings("deprecation") // abstract still
    public WriteContext init(Configuration configuration) {
      return new WriteContext(schema, Map.of());
    }

    @Override
    public WriteContext init(ParquetConfiguration configuration) {
      return new WriteContext(schema, Map.of());
    }

    @Override
    public void prepareForWrite(RecordConsumer consumer) {
      writer = new GroupWriter(consumer, schema);
    }

    @Override
    public void write(Group row) {
      writer.write(row);
    }
  }

  /** The features in the form of {@code datasets.Features.to_dict()}. */
  private static String features(DatasetInfo info) {
    ObjectNode features = JsonNodeFactory.instance.objectNode();
    features.putObject("image").put("_type", "Image");
    if (info.classNames().isEmpty()) {
      features.putObject("label").put("dtype", "int64").put("_type", "Value");
    } else {
      ObjectNode label = features.putObject("label");
      info.classNames().forEach(label.putArray("names")::add);
      label.put("_type", "ClassLabel");
    }
    features.putObject("index").put("dtype", "int64").put("_type", "Value");
    features.putObject("seed").put("dtype", "int64").put("_type", "Value");
    features.putObject("sampler").put("dtype", "string").put("_type", "Value");
    features.putObject("steps").put("dtype", "int32").put("_type", "Value");
    features.putObject("guidance").put("dtype", "float64").put("_type", "Value");
    if (info.latents()) {
      ObjectNode latent = features.putObject("latent");
      latent.putObject("feature").put("dtype", "float32").put("_type", "Value");
      latent.put("_type", "Sequence");
    }
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putObject("info").set("features", features);
    return root.toString();
  }

  @Override
  public void append(Sample sample) throws IOException {
    GeneratedImage image = sample.image();
    Group row = new SimpleGroup(schema);
    Group struct = row.addGroup("image");
    struct.add("bytes", Binary.fromConstantByteArray(sample.imageBytes()));
    struct.add("path", info.key(sample.index()) + ImageFormat.of(image.getFormat()).extension());
    if (image.getLabel() != null) {
      row.add("label", image.getLabel().longValue());
    }
    row.add("index", sample.index());
    row.add("seed", image.getSeed());
    row.add("sampler", image.getSampler());
    row.add("steps", image.getSteps());
    row.add("guidance", image.getGuidanceScale());
    if (info.latents()) {
      Group list = row.addGroup("latent");
      for (float value : sample.latent()) {
        list.addGroup("list").add("element", value);
      }
    }
    parquet.write(row);
  }

  @Override
  public Written finish() throws IOException {
    parquet.close();
    return file.publish();
  }

  @Override
  public void close() throws IOException {
    parquet.close();
  }
}

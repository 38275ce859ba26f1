package io.digflink.tests.hostile;

import io.digflink.tests.support.TestModels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/** JSON that producers of other languages send by mistake. */
final class GarbageJson {
  private static final String GOOD =
      "{\"request_id\":\"json\",\"model\":\"" + TestModels.PLAIN + "\",\"labels\":[3]";

  private static final List<String> HOSTILE_FIELDS =
      List.of(
          "\"__metadata__\":{\"a\":[1,2,{}]}",
          "\"step\":5",
          "\"model\":\"twice\"",
          "\"eta\":{\"double\":0.5}",
          "\"steps\":\"5\"",
          "\"steps\":5e99",
          "\"steps\":1e-999999999",
          "\"seed\":9223372036854775808",
          "\"seed\":0.1",
          "\"guidance_scale\":NaN",
          "\"guidance_scale\":-Infinity",
          "\"guidance_scale\":\"NaN\"",
          "\"class_names\":[\"\\ud800\"]",
          "\"sampler\":\"\\udc00\\ud800\"",
          "\"sampler\":[\"ddim\"]",
          "\"deadline\":\"tomorrow\"",
          "\"guidance_channels\":\"FIRST_FOUR\"",
          "\"" + "x".repeat(10_000) + "\":0");

  private GarbageJson() {}

  /** A JSON object with one field that cannot be. */
  static byte[] withAHostileField(SplittableRandom random) {
    String field = HOSTILE_FIELDS.get(random.nextInt(HOSTILE_FIELDS.size()));
    return utf8(GOOD + "," + field + "}");
  }

  /** What is not one JSON object in UTF-8. */
  static byte[] thatIsNone(SplittableRandom random) {
    return switch (random.nextInt(9)) {
      case 0 -> utf8("\uFEFF" + GOOD + "}");
      case 1 -> gzip(utf8(GOOD + "}"));
      case 2 -> utf8("[" + GOOD + "}]");
      case 3 -> utf8(GOOD + "}\n" + GOOD + "}");
      case 4 -> utf8(GOOD.substring(0, 1 + random.nextInt(GOOD.length() - 1)));
      case 5 -> utf8(GOOD + ",\"labels\":" + "[".repeat(200_000));
      case 6 -> (GOOD + "}").getBytes(StandardCharsets.UTF_16LE);
      case 7 -> (GOOD + ",\"sampler\":\"\u00fc\"}").getBytes(Charset.forName("ISO-8859-1"));
      default -> utf8("\"" + GOOD.replace("\"", "\\\"") + "}\"");
    };
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}

package io.digflink.synthesis.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecReaderTest {
  private static final String SMALL =
      """
      model: m
      images: 10
      samplers: [{name: ddim, steps: 5}]
      output: {format: parquet}
      """;

  @Test
  void theExampleIsASpecificationOfTwoHundredImages() throws Exception {
    SynthesisSpec spec = SpecReader.parse(SpecReader.example(), "example");

    assertThat(spec.images()).isEqualTo(200);
    assertThat(spec.model()).isEqualTo("fashion-dig");
    assertThat(spec.labels()).isEqualTo(Labels.BALANCED);
  }

  @Test
  void whatIsLeftOutHasDefaults() throws Exception {
    SynthesisSpec spec = SpecReader.parse(SMALL, "spec.yaml");

    assertThat(spec.seed()).isZero();
    assertThat(spec.guidance().from()).isEqualTo(1);
    assertThat(spec.guidance().to()).isEqualTo(1);
    assertThat(spec.image().format()).isEqualTo("png");
    assertThat(spec.output().shardSize()).isEqualTo(1000);
    assertThat(spec.samplers().get(0).weight()).isEqualTo(1);
  }

  @Test
  void aDefaultWrittenOutIsTheSameSpecification() throws Exception {
    String written =
        SMALL.replace("parquet", "parquet, shard_size: 1000, latents: false")
            + "labels: balanced\nguidance: {from: 1.0, to: 1.0}\nseed: 0\n";

    assertThat(SpecReader.canonical(SpecReader.parse(written, "a")))
        .isEqualTo(SpecReader.canonical(SpecReader.parse(SMALL, "b")));
  }

  @Test
  void aSeedThatReadersWouldRoundIsText() throws Exception {
    String small = SpecReader.canonical(SpecReader.parse(SMALL + "seed: 9007199254740991", "a"));
    String large = SpecReader.canonical(SpecReader.parse(SMALL + "seed: 9007199254740993", "a"));

    assertThat(small).contains("\"seed\":9007199254740991");
    assertThat(large).contains("\"seed\":\"9007199254740993\"");
    assertThat(SpecReader.canonical(SpecReader.parse(large, "canonical"))).isEqualTo(large);
    assertThatThrownBy(() -> SpecReader.parse(SMALL + "seed: many", "a"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("seed: ")
        .hasMessageContaining("not an integer");
    assertThatThrownBy(() -> SpecReader.parse(SMALL + "seed: 1.5", "a"))
        .isInstanceOf(SpecException.class);
  }

  @Test
  void theCanonicalFormIsASpecificationItself() throws Exception {
    String yaml =
        SMALL + "labels: {weighted: {b: 2, a: 1}}\nguidance: {from: 1, to: 4, channels: all}\n";
    String canonical = SpecReader.canonical(SpecReader.parse(yaml, "a"));

    SynthesisSpec again = SpecReader.parse(canonical, "canonical");

    assertThat(SpecReader.canonical(again)).isEqualTo(canonical);
    assertThat(again.labels().weights()).isEqualTo(Map.of("a", 1.0, "b", 2.0));
  }

  @Test
  void listedClassesMayBeNamesAndNumbers() throws Exception {
    SynthesisSpec spec = SpecReader.parse(SMALL + "labels: {listed: [3, Bag]}\n", "a");

    assertThat(spec.labels().list()).isEqualTo(List.of("3", "Bag"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          images: 10     | imagse: 10             | there is no key "imagse"; expected one of guidance, image, images
          images: 10     | images: 0              | images is 0; expected 1 or more
          images: 10     | seed: 1                | none of images and images_per_class given; expected exactly one
          images: 10     | images: many           | line 2: images: Cannot coerce String value ("many")
          steps: 5       | steps: 0               | samplers.steps is 0; expected 1 or more
          steps: 5       | spacing: ddim          | samplers.steps is missing
          steps: 5       | step: 5                | there is no key "samplers.step"; expected one of eta, name
          name: ddim     | name: euler            | samplers.name is "euler"; expected one of ddpm, ddim, dpm++
          name: ddim     | name: ddpm, eta: 1     | samplers.eta is 1.0; expected 0 to 1 with ddim, else 0 or none
          parquet        | csv                    | output.format
          model: m       | seed: 3                | model is missing
          images: 10     | images: 10, images: 11 | line
          parquet        | parquet, shard_size: 0 | output.shard_size is 0; expected 1 to 1000000
          """)
  void whatIsWrongIsNamedWithWhatWasExpected(String right, String wrong, String message) {
    String replaced =
        wrong.contains("images: 11") ? SMALL + "images: 11\n" : SMALL.replace(right, wrong);

    assertThatThrownBy(() -> SpecReader.parse(replaced, "spec.yaml"))
        .isInstanceOf(SpecException.class)
        .hasMessageStartingWith("spec.yaml")
        .hasMessageContaining(message.replace("`", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          labels: sometimes            | expected balanced, unconditional, {weighted
          labels: {weighted: {a: 0}}   | gives a the weight 0.0; expected a positive number
          labels: {listed: []}         | labels.listed is empty
          guidance: {scale: 0.5}       | guidance goes from 0.5 to 0.5
          guidance: {from: 3, to: 1}   | guidance goes from 3.0 to 1.0
          guidance: {from: 3}          | expected a scale, or from and to
          guidance: {scale: 2, interval: [0.5, 0.1]} | guidance.interval is 0.1; expected guidance_from
          guidance: {scale: 2, interval: [0.5]} | expected two fractions of 0 to 1
          image: {format: gif}         | image.format is "gif"; expected png or jpeg
          image: {quality: 80}         | image.quality is 80; expected 1 to 100 with jpeg, else none
          image: {width: 32}           | expected both or neither
          images_per_class: 4          | both of images and images_per_class given
          requests: {bootstrap_servers: h, topic: t} | leave out images
          """)
  void furtherKeysAreCheckedToo(String line, String message) {
    assertThatThrownBy(() -> SpecReader.parse(SMALL + line + "\n", "spec.yaml"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining(message);
  }

  @Test
  void namesAreTheSameInAnyCase() throws Exception {
    String upper =
        "model: m\nimages: 10\nsamplers: [{name: DDIM, spacing: Uniform, steps: 5}]\n"
            + "labels: Balanced\nimage: {format: PNG}\noutput: {format: Parquet}\n";

    assertThat(SpecReader.canonical(SpecReader.parse(upper, "a")))
        .isEqualTo(SpecReader.canonical(SpecReader.parse(SMALL, "b")));
  }

  @Test
  void jpegInAnNpzIsRefused() {
    String yaml = SMALL.replace("parquet", "npz") + "image: {format: jpeg}\n";

    assertThatThrownBy(() -> SpecReader.parse(yaml, "spec.yaml"))
        .hasMessageContaining("image.format is jpeg with output.format npz");
  }

  @Test
  void differencesAreNamedByTheirPath() throws Exception {
    ObjectMapper mapper = new ObjectMapper();

    List<String> lines =
        SpecDifference.between(
            mapper.readTree("{\"a\": {\"b\": 1}, \"c\": [1, 2], \"same\": true}"),
            mapper.readTree("{\"a\": {\"b\": 2}, \"c\": [1], \"same\": true}"));

    assertThat(lines).containsExactly("a.b: 1 there, 2 here", "c.1: 2 there, nothing here");
  }
}

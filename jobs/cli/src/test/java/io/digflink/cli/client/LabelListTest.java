package io.digflink.cli.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.TestManifests;
import io.digflink.runtime.model.UnservableException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelListTest {
  private static final Capabilities MODEL =
      Capabilities.of(TestManifests.named("m", "crane", "tench, Tinca tinca", "crane", "Bag"));

  @Test
  void commasSeparateNamesAndNumbers() {
    LabelList list = LabelList.parse(List.of("Sneaker, Bag", "3"));

    assertThat(list.names()).containsExactly("Sneaker", "Bag");
    assertThat(list.numbers()).containsExactly(3);
    assertThat(list.size()).isEqualTo(3);
    assertThat(LabelList.parse(List.of()).size()).isZero();
  }

  @Test
  void aNameInQuotesMayHaveCommas() {
    assertThat(LabelList.parse(List.of("\"tench, Tinca tinca\",Bag")).names())
        .containsExactly("tench, Tinca tinca", "Bag");
  }

  @Test
  void aKnownNameNeedsNoQuotes() throws Exception {
    assertThat(LabelList.parse(List.of("Tench, tinca tinca", "bag,0"), MODEL).numbers())
        .containsExactly(1, 3, 0);
    assertThat(LabelList.parse(List.of("bag,\"tench, Tinca tinca\""), MODEL).numbers())
        .containsExactly(3, 1);
  }

  @Test
  void aClassThatTheModelLacksOrHasTwiceIsRefused() {
    assertThatThrownBy(() -> LabelList.parse(List.of("Boot"), MODEL))
        .isInstanceOf(UnservableException.class)
        .hasMessageStartingWith("class_names is \"Boot\"; allowed: crane, tench");
    assertThatThrownBy(() -> LabelList.parse(List.of("Bag,crane"), MODEL))
        .isInstanceOf(UnservableException.class)
        .hasMessageContaining("labels 0 and 2 share this name");
  }

  @Test
  void whatIsNoListIsRefused() {
    assertThatThrownBy(() -> LabelList.parse(List.of("a,,b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Expected class names or numbers separated by commas, found \"a,,b\" with nothing"
                + " before or after a comma");
    assertThatThrownBy(() -> LabelList.parse(List.of("\"a,b")))
        .hasMessage("Expected a second double quote in \"a,b, found one");
  }
}

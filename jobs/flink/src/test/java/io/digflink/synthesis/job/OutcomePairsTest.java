package io.digflink.synthesis.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OutcomePairsTest {
  private static final byte[] IMAGE = {1, 2, 3};
  private static final float[] LATENT = {0.5f};

  private final OutcomePairs pairs = new OutcomePairs();

  @Test
  void anImageWaitsForItsLatent() {
    assertThat(pairs.join(Outcome.image(7, 7, IMAGE))).isEmpty();

    assertThat(pairs.join(Outcome.latent(7, 7, LATENT)))
        .contains(new Outcome(7, 7, IMAGE, LATENT, 0, null, null));
    assertThat(pairs.waiting()).isZero();
  }

  @Test
  void aLatentWaitsForItsImage() {
    assertThat(pairs.join(Outcome.latent(7, 7, LATENT))).isEmpty();

    assertThat(pairs.join(Outcome.image(7, 7, IMAGE)))
        .contains(new Outcome(7, 7, IMAGE, LATENT, 0, null, null));
    assertThat(pairs.waiting()).isZero();
  }

  @Test
  void halvesOfDifferentImagesAreNoPair() {
    assertThat(pairs.join(Outcome.latent(7, 7, LATENT))).isEmpty();
    assertThat(pairs.join(Outcome.image(8, 8, IMAGE))).isEmpty();
    assertThat(pairs.waiting()).isEqualTo(2);
  }

  @Test
  void aHalfThatComesTwiceIsNoPair() {
    assertThat(pairs.join(Outcome.image(7, 7, IMAGE))).isEmpty();
    assertThat(pairs.join(Outcome.image(7, 7, IMAGE))).isEmpty();
    assertThat(pairs.join(Outcome.latent(7, 7, LATENT))).isPresent();
  }
}

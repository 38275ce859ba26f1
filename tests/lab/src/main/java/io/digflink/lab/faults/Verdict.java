package io.digflink.lab.faults;

/**
 * What the judge found.
 *
 * @param requests sent, valid or not
 * @param images that the valid ones ask for
 * @param invalid requests that must be rejected
 * @param lost images and rejects that never came
 * @param twice images and rejects that came once too often
 * @param differing images with other bytes than an undisturbed run gives them
 * @param unasked images and rejects of nobody's requests, or of the wrong ones
 * @param mix what only a mixed workload has
 */
public record Verdict(
    int requests,
    int images,
    int invalid,
    int lost,
    int twice,
    int differing,
    int unasked,
    Mix mix) {

  /** Of a plain workload. */
  public Verdict(
      int requests, int images, int invalid, int lost, int twice, int differing, int unasked) {
    this(requests, images, invalid, lost, twice, differing, unasked, Mix.NONE);
  }

  /** The sums of this one and another. */
  public Verdict plus(Verdict other) {
    return new Verdict(
        requests + other.requests,
        images + other.images,
        invalid + other.invalid,
        lost + other.lost,
        twice + other.twice,
        differing + other.differing,
        unasked + other.unasked,
        mix.plus(other.mix));
  }

  /** The same with requests whose answers were there and are gone. */
  Verdict withLost(long gone) {
    return new Verdict(
        requests, images, invalid, Math.toIntExact(gone), twice, differing, unasked, mix);
  }

  /** Whether every answer came once and as it must be. */
  public boolean isGood() {
    return lost == 0 && twice == 0 && differing == 0 && unasked == 0 && mix.isGood();
  }
}

package io.digflink.synthesis.plan;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.UnservableException;
import io.digflink.runtime.noise.Philox4x32;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.GuidanceChannels;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.synthesis.spec.SpecException;
import io.digflink.synthesis.spec.SynthesisSpec;
import java.util.BitSet;
import java.util.List;

/**
 * The plan of a specification: a request for every image.
 *
 * <p>What image i draws are the words r of Philox4x32-10 for the counter (i mod 2^32, i / 2^32, 0,
 * {@value #PURPOSE}) under the specification's seed as key (low word, high word):
 *
 * <ul>
 *   <li>its seed is (r0 + 2^32 · r1) mod 2^63; its noise is that of the pair (this seed, 0), so
 *       that a request of its own for (seed, label, sampler, guidance) gives the same image;
 *   <li>its guidance scale is from + (to − from) · (r2 + 0.5) / 2^32, rounded to 4 decimals;
 *   <li>its sampler is the first whose summed weight exceeds (r3 + 0.5) / 2^32 of the total.
 * </ul>
 */
public final class SpecPlan implements DatasetPlan {
  private static final long serialVersionUID = 1L;
  private static final int PURPOSE = 2;
  private static final long LOW_WORD = 0xFFFFFFFFL;
  private static final double SCALE_DECIMALS = 1e4;

  private final SynthesisSpec spec;
  private final LabelPlan labels;
  private final long images;
  private transient RecordCodec<GenerationRequest> codec;

  private SpecPlan(SynthesisSpec spec, LabelPlan labels, long images) {
    this.spec = spec;
    this.labels = labels;
    this.images = images;
  }

  /**
   * The plan of a specification for a model. Whether the model can make the image size is not
   * looked at here.
   *
   * @throws SpecException if the model has no such classes, steps or guidance
   */
  public static SpecPlan of(SynthesisSpec spec, ModelManifest model) throws SpecException {
    checkModel(spec, model);
    long images = spec.images() == null ? imagesOfClasses(spec, model) : spec.images();
    return new SpecPlan(spec, LabelPlan.of(spec.labels(), model, images), images);
  }

  @Override
  public long requests() {
    return images;
  }

  @Override
  public long firstImage(long request) {
    return request;
  }

  @Override
  public byte[] record(long request) {
    if (codec == null) {
      codec = RecordCodec.of(GenerationRequest.class);
    }
    return codec.encode(request(request));
  }

  @Override
  public BitSet labels(ModelManifest model) {
    BitSet found = new BitSet();
    int classes = model.classes() == null ? 0 : model.classes().count();
    for (long index = 0; index < images && found.cardinality() < classes; index++) {
      Integer label = labels.labelOf(index);
      if (label != null) {
        found.set(label);
      }
    }
    return found;
  }

  /** The request for an image. */
  GenerationRequest request(long index) {
    int[] words = {(int) index, (int) (index >>> 32), 0, PURPOSE};
    Philox4x32.apply(words, spec.seed().intValue(), (int) (spec.seed() >>> 32));
    SynthesisSpec.SamplerChoice sampler = draw(spec.samplers(), fraction(words[3]));
    SynthesisSpec.ImageFile image = spec.image();
    Integer label = labels.labelOf(index);
    return GenerationRequest.newBuilder()
        .setRequestId(String.valueOf(index))
        .setModel(spec.model())
        .setLabels(label == null ? List.of() : List.of(label))
        .setSeed((((long) words[1] << 32) | (words[0] & LOW_WORD)) & Long.MAX_VALUE)
        .setSampler(sampler.name())
        .setSteps(sampler.steps())
        .setTimestepSpacing(sampler.spacing())
        .setEta(sampler.eta())
        .setGuidanceScale(guidanceScale(fraction(words[2])))
        .setGuidanceChannels(
            spec.guidance().guidedChannels() == Guidance.Channels.ALL
                ? GuidanceChannels.ALL
                : GuidanceChannels.FIRST_THREE)
        .setGuidanceFrom(spec.guidance().interval().get(0))
        .setGuidanceTo(spec.guidance().interval().get(1))
        .setWidth(image.width())
        .setHeight(image.height())
        .setImageFormat(image.format())
        .setJpegQuality(image.quality())
        .build();
  }

  private double guidanceScale(double fraction) {
    double from = spec.guidance().from();
    double to = spec.guidance().to();
    double drawn = Math.rint((from + (to - from) * fraction) * SCALE_DECIMALS) / SCALE_DECIMALS;
    return Math.max(from, Math.min(to, drawn));
  }

  private static SynthesisSpec.SamplerChoice draw(
      List<SynthesisSpec.SamplerChoice> samplers, double fraction) {
    double total = samplers.stream().mapToDouble(SynthesisSpec.SamplerChoice::weight).sum();
    double sum = 0;
    for (SynthesisSpec.SamplerChoice sampler : samplers) {
      sum += sampler.weight();
      if (sum > fraction * total) {
        return sampler;
      }
    }
    return samplers.get(samplers.size() - 1);
  }

  private static double fraction(int word) {
    return ((word & LOW_WORD) + 0.5) * 0x1p-32;
  }

  private static long imagesOfClasses(SynthesisSpec spec, ModelManifest model)
      throws SpecException {
    if (model.classes() == null) {
      throw new SpecException(
          "images_per_class is given, but " + model.name() + " has no classes: give images");
    }
    return Math.multiplyExact(spec.imagesPerClass(), (long) model.classes().count());
  }

  private static void checkModel(SynthesisSpec spec, ModelManifest model) throws SpecException {
    Capabilities capabilities = Capabilities.of(model);
    try {
      for (SynthesisSpec.SamplerChoice sampler : spec.samplers()) {
        capabilities.checkSteps(sampler.steps(), Capabilities.spacing(sampler.spacing()));
      }
      capabilities.checkGuidance(spec.guidance().to());
    } catch (UnservableException e) {
      throw new SpecException(e);
    }
  }
}

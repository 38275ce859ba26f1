package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.Answer;
import io.digflink.schemas.GeneratedImage;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/** Makes the Decode operator of each subtask. */
public final class DecodeOperatorFactory
    extends AbstractStreamOperatorFactory<Answer<GeneratedImage>>
    implements OneInputStreamOperatorFactory<Handover, Answer<GeneratedImage>> {
  private static final long serialVersionUID = 1L;

  private final DecodeSettings settings;
  private final ModelSettings models;

  public DecodeOperatorFactory(DecodeSettings settings, ModelSettings models) {
    this.settings = settings;
    this.models = models;
    setChainingStrategy(ChainingStrategy.HEAD);
  }

  @Override
  public <T extends StreamOperator<Answer<GeneratedImage>>> T createStreamOperator(
      StreamOperatorParameters<Answer<GeneratedImage>> parameters) {
    @SuppressWarnings("unchecked")
    T operator = (T) new DecodeOperator(parameters, settings, models);
    return operator;
  }

  @Override
  public Class<? extends StreamOperator<?>> getStreamOperatorClass(ClassLoader classLoader) {
    return DecodeOperator.class;
  }
}

package io.digflink.jobs.denoise;

import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.AdmittedRequest;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/**
 * Makes the Denoise operator of each subtask. It chains to admission and so to the source, which
 * keeps its records and takes barriers while the operator is full.
 */
public final class DenoiseOperatorFactory extends AbstractStreamOperatorFactory<Handover>
    implements OneInputStreamOperatorFactory<AdmittedRequest, Handover> {
  private static final long serialVersionUID = 1L;

  private final DenoiseSettings settings;
  private final ModelSettings models;

  public DenoiseOperatorFactory(DenoiseSettings settings, ModelSettings models) {
    this.settings = settings;
    this.models = models;
    setChainingStrategy(ChainingStrategy.ALWAYS);
  }

  @Override
  public <T extends StreamOperator<Handover>> T createStreamOperator(
      StreamOperatorParameters<Handover> parameters) {
    @SuppressWarnings("unchecked")
    T operator = (T) new DenoiseOperator(parameters, settings, models);
    return operator;
  }

  @Override
  public Class<? extends StreamOperator<?>> getStreamOperatorClass(ClassLoader classLoader) {
    return DenoiseOperator.class;
  }
}

package io.digflink.jobs.denoise;

import io.digflink.jobs.kafka.PreviewTopic;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.room.HolderRoom;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.CoordinatedOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/**
 * Makes the Denoise operator of each subtask, and the coordinator that tells sources of its room.
 */
public final class DenoiseOperatorFactory extends AbstractStreamOperatorFactory<Handover>
    implements OneInputStreamOperatorFactory<QueueItem, Handover>,
        CoordinatedOperatorFactory<Handover> {
  private static final long serialVersionUID = 1L;

  private final DenoiseSettings settings;
  private final ModelSettings models;
  private final PreviewTopic previews;

  /**
   * @param previews null for a job without previews
   */
  public DenoiseOperatorFactory(
      DenoiseSettings settings, ModelSettings models, PreviewTopic previews) {
    this.settings = settings;
    this.models = models;
    this.previews = previews;
  }

  @Override
  public <T extends StreamOperator<Handover>> T createStreamOperator(
      StreamOperatorParameters<Handover> parameters) {
    @SuppressWarnings("unchecked")
    T operator = (T) new DenoiseOperator(parameters, settings, models, previews);
    return operator;
  }

  @Override
  public OperatorCoordinator.Provider getCoordinatorProvider(String name, OperatorID operator) {
    return HolderRoom.coordinator(operator);
  }

  @Override
  public Class<? extends StreamOperator<?>> getStreamOperatorClass(ClassLoader classLoader) {
    return DenoiseOperator.class;
  }
}

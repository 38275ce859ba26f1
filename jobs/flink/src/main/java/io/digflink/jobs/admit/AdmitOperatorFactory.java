package io.digflink.jobs.admit;

import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.room.SenderRoom;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.CoordinatedOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/** Makes the Admit operator of each subtask. It chains to the source. */
public final class AdmitOperatorFactory extends AbstractStreamOperatorFactory<QueueItem>
    implements OneInputStreamOperatorFactory<IncomingRecord, QueueItem>,
        CoordinatedOperatorFactory<QueueItem> {
  private static final long serialVersionUID = 1L;

  private final ModelSettings models;
  private final Limits limits;
  private final String registryUrl;

  /**
   * @param registryUrl of the schema registry; null for none
   */
  public AdmitOperatorFactory(ModelSettings models, Limits limits, String registryUrl) {
    this.models = models;
    this.limits = limits;
    this.registryUrl = registryUrl;
    setChainingStrategy(ChainingStrategy.ALWAYS);
  }

  @Override
  public <T extends StreamOperator<QueueItem>> T createStreamOperator(
      StreamOperatorParameters<QueueItem> parameters) {
    @SuppressWarnings("unchecked")
    T operator = (T) new AdmitOperator(parameters, models, limits, registryUrl);
    return operator;
  }

  @Override
  public OperatorCoordinator.Provider getCoordinatorProvider(String name, OperatorID operator) {
    return SenderRoom.coordinator(operator);
  }

  @Override
  public Class<? extends StreamOperator<?>> getStreamOperatorClass(ClassLoader classLoader) {
    return AdmitOperator.class;
  }
}

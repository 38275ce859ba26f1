package io.digflink.jobs.kafka.commit;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a second job, forgotten or copied, from serving the same consumer group: both would make
 * all images. The job is a member of a consumer group, so that brokers know whether it lives; its
 * id is the member's client id. It reads nothing there.
 *
 * <p>Two jobs that start in the same second may miss each other.
 */
final class JobClaim implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobClaim.class);
  private static final String CLIENT = "dig-job-";

  /** Until brokers take a job for gone that was killed: within what they allow by default. */
  private static final Duration SESSION = Duration.ofSeconds(10);

  private final KafkaConsumer<byte[], byte[]> member;
  private final Thread thread;

  private JobClaim(KafkaConsumer<byte[], byte[]> member, String group) {
    this.member = member;
    thread = new Thread(this::stay, "member of " + group);
    thread.setDaemon(true);
  }

  /**
   * Looks whether another job serves a group.
   *
   * @param client settings of any client
   * @param group of the jobs that serve it
   * @throws IllegalStateException that names the other one
   */
  static void check(Properties client, String group, JobID job) {
    try (Admin admin = Admin.create(client)) {
      for (MemberDescription member :
          Answered.get(admin.describeConsumerGroups(List.of(group)).describedGroups().get(group))
              .members()) {
        if (member.clientId().startsWith(CLIENT) && !member.clientId().equals(CLIENT + job)) {
          throw new IllegalStateException(
              "Expected no other job with this kafka.group-id and kafka.transaction-prefix, found"
                  + " job "
                  + member.clientId().substring(CLIENT.length())
                  + " at "
                  + member.host()
                  + ": cancel one of them, or give this one others; a job that was killed is gone"
                  + " after "
                  + SESSION.toSeconds()
                  + " s");
        }
      }
    } catch (GroupIdNotFoundException e) {
      LOG.debug("No job has served the group {} yet", group, e);
    }
  }

  /**
   * Joins the group.
   *
   * @param topic any topic that the job may read
   */
  static JobClaim make(Properties client, String group, JobID job, String topic) {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.setProperty(ConsumerConfig.GROUP_ID_CONFIG, group);
    properties.setProperty(ConsumerConfig.CLIENT_ID_CONFIG, CLIENT + job);
    properties.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.setProperty(
        ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, Long.toString(SESSION.toMillis()));
    KafkaConsumer<byte[], byte[]> member =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    member.subscribe(List.of(topic), new ReadNothing(member));
    JobClaim claim = new JobClaim(member, group);
    claim.thread.start();
    return claim;
  }

  private void stay() {
    try (member) {
      while (true) {
        member.poll(Duration.ofSeconds(1));
      }
    } catch (WakeupException e) {
      LOG.debug("The job ends", e);
    } catch (KafkaException e) {
      LOG.warn("From now on a second job with the same consumer group is not noticed", e);
    }
  }

  @Override
  public void close() {
    member.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record ReadNothing(KafkaConsumer<byte[], byte[]> member)
      implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      member.pause(partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      LOG.debug("The group changes");
    }
  }
}

package io.digflink.k8s.cluster;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How many healthy pods Kubernetes' disruption controller lets go. With {@code maxUnavailable} or a
 * percentage it counts the replicas of the pods' owner instead of the pods.
 */
final class DisruptionBudget {
  private DisruptionBudget() {}

  /**
   * Disruptions allowed while all pods are healthy.
   *
   * @param spec of the PodDisruptionBudget, with one number
   * @param pods that it selects
   * @param replicas of their owner
   */
  static int allowed(JsonNode spec, int pods, int replicas) {
    if (spec.has("minAvailable") && spec.path("minAvailable").isInt()) {
      return Math.max(0, pods - spec.path("minAvailable").asInt());
    }
    if (spec.has("maxUnavailable") && spec.path("maxUnavailable").isInt()) {
      int desired = Math.max(0, replicas - spec.path("maxUnavailable").asInt());
      return Math.max(0, pods - desired);
    }
    throw new IllegalArgumentException("Expected minAvailable or maxUnavailable, found " + spec);
  }
}

/** What a cluster makes of the manifests: pods as Flink creates them, and who refuses what. */
package io.digflink.k8s.cluster;

/** Options: those that the manifests name against those that Flink and the job declare. */
package io.digflink.k8s.options;

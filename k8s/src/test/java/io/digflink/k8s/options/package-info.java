/** Options: the manifests' against those that Flink and the job declare. */
package io.digflink.k8s.options;

/** What the operator's autoscaler makes of the job's metrics, with the operator's own algorithm. */
package io.digflink.k8s.autoscaler;

/** Alert rules and dashboard: their queries against what the running job exports. */
package io.digflink.k8s.monitoring;

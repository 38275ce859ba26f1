/** The Helm chart: what Helm makes of it against the overlays that it is made from. */
package io.digflink.k8s.helm;

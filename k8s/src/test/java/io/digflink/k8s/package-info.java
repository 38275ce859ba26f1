/** Checks the contents of the folder k8s/: manifests, image, rules and dashboard. */
package io.digflink.k8s;

/** Checks what the folder k8s/ holds: manifests, image, rules and dashboard. */
package io.digflink.k8s;

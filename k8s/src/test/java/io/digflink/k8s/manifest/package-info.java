/** Manifests: reading, rendering, and checking them against what will read them. */
package io.digflink.k8s.manifest;

/** From finished images to a finished data set: shards, manifest, card. */
package io.digflink.synthesis.dataset;

/** Quality of images against the model rows that they cost: {@code bench quality}. */
package io.digflink.lab.bench.quality;

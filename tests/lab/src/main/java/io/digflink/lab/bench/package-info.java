/** The benchmarks: {@code dig bench …}. */
package io.digflink.lab.bench;

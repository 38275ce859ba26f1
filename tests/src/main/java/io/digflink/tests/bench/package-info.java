/** The benchmarks: {@code dig bench …}. */
package io.digflink.tests.bench;

/** Writers of the data-set formats. Each gives the same bytes for the same samples. */
package io.digflink.synthesis.format;

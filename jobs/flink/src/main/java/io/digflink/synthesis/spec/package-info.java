/** The specification of a data set, as users write it in YAML. */
package io.digflink.synthesis.spec;

/** The synthesize command: a specification becomes a labelled data set on disk. */
package io.digflink.synthesis;

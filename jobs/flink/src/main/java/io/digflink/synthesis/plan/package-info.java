/**
 * What each image of a data set is: a pure function of the specification, the model and the image's
 * index.
 */
package io.digflink.synthesis.plan;

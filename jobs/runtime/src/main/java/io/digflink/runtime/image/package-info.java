/** From a decoder's numbers to image files. */
package io.digflink.runtime.image;

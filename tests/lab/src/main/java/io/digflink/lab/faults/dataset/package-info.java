/** Faults of data sets: what is made of a directory when its process or its disk fails. */
package io.digflink.lab.faults.dataset;

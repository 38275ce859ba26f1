/** Random numbers as functions of their coordinates. */
package io.digflink.runtime.noise;

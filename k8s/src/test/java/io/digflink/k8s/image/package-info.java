/** The image: its Dockerfile read, linted, and its file system built in a folder. */
package io.digflink.k8s.image;

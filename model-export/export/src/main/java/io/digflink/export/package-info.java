/**
 * The commands {@code export} and {@code inspect}: a checkpoint becomes a model bundle, a bundle is
 * shown and verified.
 */
package io.digflink.export;

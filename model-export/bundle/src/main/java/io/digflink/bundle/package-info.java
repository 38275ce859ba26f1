/**
 * The model bundle: a directory of {@code model.json} and the ONNX files that it names.
 *
 * <p>The exporter writes bundles, the runtime reads them; what both agree on is here.
 */
package io.digflink.bundle;

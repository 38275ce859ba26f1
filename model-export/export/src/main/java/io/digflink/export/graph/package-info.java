/**
 * Builds ONNX graphs of typed references: nodes are named by paths, op-set imports come from the
 * nodes used, weights are streamed into one external-data file.
 */
package io.digflink.export.graph;

/**
 * Builds ONNX graphs from typed references: paths name nodes, op-set imports follow from the nodes
 * used, and weights are streamed into one external-data file.
 */
package io.digflink.export.graph;

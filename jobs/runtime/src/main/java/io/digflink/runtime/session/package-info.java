/** ONNX Runtime sessions: devices, leases, runs with buffers of the caller's. */
package io.digflink.runtime.session;

/** What crosses the modules: the launcher's main class, benchmarks, faults. */
package io.digflink.lab;

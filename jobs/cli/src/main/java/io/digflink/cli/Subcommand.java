package io.digflink.cli;

import java.util.concurrent.Callable;

/**
 * A command that another module adds to {@code dig}, found by {@link java.util.ServiceLoader}:
 * where the module is not on the class path, the command is not there.
 */
public interface Subcommand extends Callable<Integer> {}

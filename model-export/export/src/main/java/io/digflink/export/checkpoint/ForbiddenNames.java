package io.digflink.export.checkpoint;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Names that make a pickle a program: functions that run commands, load code or open files. They
 * would not be called here either, but a file that names them was not written by a training script,
 * and whoever else loads it is in danger.
 */
final class ForbiddenNames {
  /** Python's modules of which a checkpoint needs nothing, with all that is in them. */
  private static final Set<String> MODULES =
      Set.of(
          "os",
          "posix",
          "nt",
          "posixpath",
          "ntpath",
          "subprocess",
          "sys",
          "shutil",
          "importlib",
          "imp",
          "runpy",
          "pty",
          "pdb",
          "bdb",
          "code",
          "codeop",
          "commands",
          "popen2",
          "socket",
          "ssl",
          "asyncio",
          "ctypes",
          "_ctypes",
          "pickle",
          "_pickle",
          "cPickle",
          "dill",
          "pip",
          "pkgutil",
          "pydoc",
          "timeit",
          "trace",
          "profile",
          "cProfile",
          "webbrowser",
          "zipimport",
          "tempfile",
          "inspect",
          "gc",
          "nturl2path",
          "distutils",
          "setuptools",
          "requests",
          "httpx",
          "aiohttp",
          "marshal",
          "glob",
          "fileinput",
          "io",
          "_io",
          "urllib2",
          "smtplib",
          "ftplib");

  /** Parts of libraries that run or load something. */
  private static final List<String> PACKAGES =
      List.of(
          "torch.hub",
          "torch.jit",
          "torch.package",
          "torch.fx",
          "torch._dynamo",
          "torch._inductor",
          "torch.multiprocessing",
          "torch.serialization",
          "torch.testing",
          "torch.distributed.rpc",
          "torch.utils.cpp_extension",
          "torch.utils.model_zoo",
          "torch.utils.collect_env",
          "torch.utils.bottleneck",
          "numpy.testing",
          "numpy.f2py",
          "numpy.distutils",
          "numpy.ctypeslib",
          "urllib.request",
          "http.client",
          "http.server",
          "multiprocessing.spawn",
          "multiprocessing.util");

  private static final Set<String> NAMES =
      Set.of(
          "torch.load",
          "torch.save",
          "torch.from_file",
          "torch.compile",
          "torch.classes",
          "torch.ops",
          "torch.serialization.load",
          "numpy.load",
          "numpy.save",
          "numpy.fromfile",
          "numpy.memmap",
          "numpy.loadtxt",
          "numpy.genfromtxt",
          "types.FunctionType",
          "types.CodeType",
          "types.LambdaType",
          "types.MethodType",
          "_codecs.open",
          "codecs.open",
          "platform.popen");

  /** What is harmless among Python's built-in functions; its exceptions are too. */
  private static final Set<String> BUILTINS =
      Set.of(
          "set",
          "frozenset",
          "bytearray",
          "bytes",
          "complex",
          "slice",
          "range",
          "xrange",
          "object",
          "dict",
          "list",
          "tuple",
          "int",
          "long",
          "float",
          "str",
          "unicode",
          "bool",
          "type",
          "property");

  /** What torch.serialization writes for a tensor's layout, and io for a module's extra state. */
  private static final Set<String> HARMLESS =
      Set.of("torch.serialization._get_layout", "io.BytesIO", "_io.BytesIO", "io.StringIO");

  /** A class, or one within another. */
  private static final Pattern NESTED = Pattern.compile("\\p{Lu}\\w*(\\.\\p{Lu}\\w*)*");

  private ForbiddenNames() {}

  /**
   * @throws CheckpointException naming the global if it is forbidden
   */
  static void check(String module, String name) throws CheckpointException {
    if (isForbidden(module, name)) {
      throw refusal(module + "." + name);
    }
  }

  /** Says that a name is forbidden. */
  static CheckpointException refusal(String qualified) {
    return new CheckpointException(
        "it refers to %s, which is not data. Expected only tensors, containers, numbers, strings"
                .formatted(printable(qualified))
            + " and objects that hold values. Nothing was executed. If you trust where the file"
            + " comes from, load it in Python and save only its state dict");
  }

  private static boolean isForbidden(String module, String name) {
    String qualified = module + "." + name;
    String root = module.contains(".") ? module.substring(0, module.indexOf('.')) : module;
    if (HARMLESS.contains(qualified)) {
      return false;
    }
    if (root.equals("builtins") || root.equals("__builtin__")) {
      return !BUILTINS.contains(name) && !name.matches("\\p{Lu}\\w*");
    }
    return MODULES.contains(root)
        || root.equals("argparse")
        || NAMES.contains(qualified)
        || PACKAGES.stream().anyMatch(p -> module.equals(p) || module.startsWith(p + "."))
        || (name.contains(".") && !NESTED.matcher(name).matches());
  }

  private static String printable(String name) {
    String oneLine = name.replaceAll("\\p{Cntrl}", "?");
    return oneLine.length() <= 200 ? oneLine : oneLine.substring(0, 200) + "…";
  }
}

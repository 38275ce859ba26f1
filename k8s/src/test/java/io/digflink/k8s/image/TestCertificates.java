package io.digflink.k8s.image;

import io.digflink.k8s.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files of the Secret that components/tls mounts, made by the JDK's keytool for localhost. */
record TestCertificates(Path folder) {
  /** The password that the manifests name. */
  static final String PASSWORD = "dig-flink";

  /** Makes a key, its certificate and a store that trusts it alone. */
  static TestCertificates make(Path folder) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    TestCertificates made = new TestCertificates(folder);
    keytool(
        "-genkeypair",
        "-keystore",
        made.keystore(),
        "-alias",
        "dig",
        "-keyalg",
        "RSA",
        "-dname",
        "CN=dig-flink",
        "-ext",
        "san=dns:localhost,ip:127.0.0.1",
        "-validity",
        "2");
    String certificate = folder.resolve("certificate.pem").toString();
    keytool(
        "-exportcert", "-rfc", "-keystore", made.keystore(), "-alias", "dig", "-file", certificate);
    keytool(
        "-importcert",
        "-noprompt",
        "-keystore",
        made.truststore(),
        "-alias",
        "dig",
        "-file",
        certificate);
    return made;
  }

  String keystore() {
    return folder.resolve("keystore.p12").toString();
  }

  String truststore() {
    return folder.resolve("truststore.p12").toString();
  }

  private static void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
    Programs.output(command);
  }
}

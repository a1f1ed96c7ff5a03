import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import java.util.*;
import javax.net.ssl.*;

/** Serves TLS with each store that a line of standard input names (kind, path, password), and prints the ports. */
public class TlsServers {
  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    for (String line = lines.readLine(); line != null && !line.isEmpty(); line = lines.readLine()) {
      String[] words = line.split("\t", 3);
      char[] password = words[2].toCharArray();
      KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
      keys.init(open(words[0], words[1], password), password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress());
      System.out.println(server.getLocalPort());
      Thread thread = new Thread(() -> serve(server));
      thread.setDaemon(true);
      thread.start();
    }
    System.out.println("ready");
    lines.readLine();
  }

  static KeyStore open(String kind, String path, char[] password) throws Exception {
    KeyStore store = KeyStore.getInstance(kind.equals("jks") ? "JKS" : "PKCS12");
    if (!kind.equals("pem")) {
      try (InputStream in = Files.newInputStream(Path.of(path))) { store.load(in, password); }
      return store;
    }
    store.load(null, null);
    Collection<? extends java.security.cert.Certificate> chain;
    try (InputStream in = Files.newInputStream(Path.of(path))) {
      chain = CertificateFactory.getInstance("X.509").generateCertificates(in);
    }
    String text = Files.readString(Path.of(path.replaceFirst("pem$", "key"))).replaceAll("-----.*-----|\\s", "");
    PublicKey leaf = chain.iterator().next().getPublicKey();
    PrivateKey key = KeyFactory.getInstance(leaf.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    store.setKeyEntry("pem", key, password, chain.toArray(new java.security.cert.Certificate[0]));
    return store;
  }

  static void serve(SSLServerSocket server) {
    while (true) {
      try (SSLSocket socket = (SSLSocket) server.accept()) {
        socket.getOutputStream().write("hello\n".getBytes());
      } catch (IOException ignored) {
        // The next one.
      }
    }
  }
}

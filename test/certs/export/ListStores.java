import java.io.*;

/** What `keytool -list -v` says of each store that a line of standard input names (path, variable of the password), NUL between. */
public class ListStores {
  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    PrintStream out = System.out;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split("\t");
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      System.setOut(new PrintStream(said, true, "UTF-8"));
      // Ends the whole program with 1 when it can't.
      sun.security.tools.keytool.Main.main(new String[] {"-list", "-v", "-keystore", words[0], "-storepass:env", words[1]});
      out.print(said.toString("UTF-8") + "\0");
    }
    out.flush();
  }
}
